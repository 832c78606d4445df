//! The built-in assistant. It looks at the board and at the words of the question; the same question about
//! the same board has the same answer.

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::{Pieces, Question};
use crate::board::{Board, Card, Lane};

/// Words that say nothing about which card is meant.
const FILLERS: [&str; 24] = [
    "about",
    "assistant",
    "board",
    "card",
    "cards",
    "could",
    "does",
    "from",
    "have",
    "lane",
    "please",
    "should",
    "tell",
    "that",
    "their",
    "them",
    "there",
    "they",
    "this",
    "what",
    "when",
    "which",
    "with",
    "would",
];
const GREETINGS: [&str; 6] = ["hello", "help", "hey", "hi", "moin", "welcome"];
const PLANS: [&str; 8] = [
    "draft", "letter", "long", "plan", "schedule", "story", "summary", "write",
];

/// Answers a word at a time.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pause: Duration,
}

impl Local {
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause }
    }

    pub(super) fn answer(&self, question: &Question) -> Pieces {
        let pause = self.pause;
        let words: Vec<String> = compose(question)
            .split_inclusive([' ', '\n'])
            .map(str::to_owned)
            .collect();
        stream::iter(words)
            .then(move |word| async move {
                // A breath at the end of a sentence, as a reader takes it.
                let breath = if word.trim_end().ends_with(['.', '?', '!']) {
                    3
                } else {
                    1
                };
                tokio::time::sleep(pause * breath).await;
                Ok(word)
            })
            .boxed()
    }
}

/// The whole answer.
fn compose(question: &Question) -> String {
    let words = words(&question.text);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let board = &question.board;
    let asked_by = &question.asked_by;
    let answer = if has(&PLANS) {
        plan(board)
    } else if let Some(lane) = lane_asked_for(board, &question.text) {
        in_lane(board, lane)
    } else {
        let cards = cards_asked_for(board, &words);
        match cards.as_slice() {
            [] if has(&GREETINGS) => greeting(board),
            [] => status(board),
            cards => about(board, cards),
        }
    };
    format!("{asked_by}, {answer}\n\n{OUTRO}")
}

const OUTRO: &str = "I am the assistant that comes with this demo: I know the board and not much else. Ask me about \
     a lane or about words on a card, or ask for a plan and I will write a longer one. Whoever runs this server can \
     put a language model in my place.";

fn greeting(board: &Board) -> String {
    format!(
        "good to see you. This is the chat of everybody at \"{}\". What you ask me is heard by all, and all can read \
         my answer while I am still writing it; you can stop me whenever you have heard enough.",
        board.title
    )
}

fn status(board: &Board) -> String {
    let mut text = format!("here is where \"{}\" stands.", board.title);
    for lane in &board.lanes {
        let cards = in_order(board, lane);
        let _ = match cards.as_slice() {
            [] => write!(text, " Nothing is in {}.", lane.title),
            [only] => write!(text, " In {} there is only \"{}\".", lane.title, only.title),
            [first, rest @ ..] => write!(
                text,
                " {} holds {} cards, with \"{}\" at the top and \"{}\" at the end.",
                lane.title,
                cards.len(),
                first.title,
                rest.last().unwrap_or(first).title
            ),
        };
    }
    text
}

fn in_lane(board: &Board, lane: &Lane) -> String {
    let cards = in_order(board, lane);
    match cards.as_slice() {
        [] => format!(
            "{} is empty. That is either very good or somebody has forgotten to write down what they are at.",
            lane.title
        ),
        [only] => format!("{} holds one card: {}.", lane.title, named(only)),
        cards => format!(
            "{} holds {} cards: {}. The first of them is the one I would look at next.",
            lane.title,
            cards.len(),
            listed(cards.iter().map(|card| named(card)))
        ),
    }
}

fn about(board: &Board, cards: &[&Card]) -> String {
    let place = |card: &Card| {
        let lane = board.lanes.iter().find(|lane| lane.id == card.lane_id);
        lane.map_or("no lane", |lane| lane.title.as_str())
    };
    match cards {
        [card] => format!(
            "you mean \"{}\", I think. It is in {}, and {} made it, so they are the one to ask for details; their \
             private notes are theirs, I cannot see those either.",
            card.title,
            place(card),
            card.owner_name
        ),
        cards => format!(
            "{} cards have to do with that: {}.",
            cards.len(),
            listed(
                cards
                    .iter()
                    .map(|card| format!("{} in {}", named(card), place(card)))
            )
        ),
    }
}

fn plan(board: &Board) -> String {
    let mut text = format!(
        "here is a plan for \"{}\", from the end to the beginning.\n",
        board.title
    );
    for (step, lane) in board.lanes.iter().rev().enumerate() {
        let cards = in_order(board, lane);
        let _ = write!(text, "\n{}. {}: ", step + 1, lane.title);
        if cards.is_empty() {
            text.push_str("nothing is here, so there is room for what comes next.");
        }
        for (nth, card) in cards.iter().enumerate() {
            let advice = ADVICE[(step + nth) % ADVICE.len()];
            let _ = write!(text, "{} {advice} ", named(card));
        }
    }
    text.push_str(
        "\n\nWhen all of this has moved one lane to the right, meet for ten minutes, look at what is left, and ask me \
         again. A plan is worth most on the day it is made.",
    );
    text
}

const ADVICE: [&str; 5] = [
    "wants a date, and a person who says it out loud.",
    "is smaller than it looks: begin with the part that somebody is waiting for.",
    "can be asked about today, with one call and without a meeting.",
    "should be shown to one person who has not seen it yet.",
    "needs a second pair of hands for an hour, not for a week.",
];

fn lane_asked_for<'a>(board: &'a Board, text: &str) -> Option<&'a Lane> {
    let text = text.to_lowercase();
    board
        .lanes
        .iter()
        .find(|lane| text.contains(&lane.title.to_lowercase()))
}

/// The cards whose titles share a word with the question, five at most.
fn cards_asked_for<'a>(board: &'a Board, asked: &[String]) -> Vec<&'a Card> {
    let telling = |word: &String| word.chars().count() > 3 && !FILLERS.contains(&word.as_str());
    let shared = |card: &&Card| {
        words(&card.title)
            .iter()
            .any(|word| telling(word) && asked.contains(word))
    };
    board.cards.iter().filter(shared).take(5).collect()
}

fn in_order<'a>(board: &'a Board, lane: &Lane) -> Vec<&'a Card> {
    let cards = board.cards.iter();
    cards
        .filter(|card| card.lane_id == lane.id)
        .take(8)
        .collect()
}

fn named(card: &Card) -> String {
    format!("\"{}\" ({})", card.title, card.owner_name)
}

/// `a, b and c`
fn listed(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<_> = items.collect();
    match items.pop() {
        Some(last) if !items.is_empty() => format!("{} and {last}", items.join(", ")),
        last => last.unwrap_or_default(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        let lane = |id: &str, title: &str| Lane {
            id: id.into(),
            title: title.into(),
        };
        let card = |title: &str, lane: &str| Card {
            id: title.into(),
            title: title.into(),
            lane_id: lane.into(),
            owner_id: "lin".into(),
            owner_name: "Lin".into(),
        };
        Question {
            asked_by: "Ada".into(),
            text: text.into(),
            before: Vec::new(),
            board: Board {
                room: "board:demo".into(),
                title: "Harbour festival".into(),
                lanes: vec![
                    lane("ideas", "Ideas"),
                    lane("done", "Done"),
                    lane("later", "Later"),
                ],
                cards: vec![
                    card("Lantern parade", "ideas"),
                    card("Late ferry", "ideas"),
                    card("Permit from the city", "done"),
                ],
            },
        }
    }

    #[test]
    fn the_answer_fits_the_question() {
        for (text, said) in [
            ("Hello!", "good to see you"),
            (
                "What is in Ideas?",
                "Ideas holds 2 cards: \"Lantern parade\" (Lin) and \"Late ferry\" (Lin).",
            ),
            ("what is done", "Done holds one card"),
            ("Anything later?", "Later is empty"),
            (
                "Who looks after the FERRY?",
                "you mean \"Late ferry\", I think. It is in Ideas, and Lin",
            ),
            ("Permit or parade?", "2 cards have to do with that"),
            ("Write us a plan", "1. Later: nothing is here"),
            (
                "Will it rain?",
                "here is where \"Harbour festival\" stands. Ideas holds 2 cards",
            ),
            ("", "here is where"),
        ] {
            let answer = compose(&question(text));
            assert!(answer.starts_with("Ada, "), "{answer}");
            assert!(answer.contains(said), "{text}: {answer}");
            assert_eq!(answer, compose(&question(text)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pieces_joined_are_the_answer_and_take_their_time() {
        let question = question("Write a story");
        let started = tokio::time::Instant::now();
        let pieces = Local::new(Duration::from_millis(40)).answer(&question);
        let pieces: Vec<String> = pieces
            .filter_map(|piece| async { piece.ok() })
            .collect()
            .await;
        assert_eq!(pieces.concat(), compose(&question));
        let words = u32::try_from(pieces.len()).unwrap_or_default();
        assert!(words > 100 && started.elapsed() > Duration::from_millis(40) * words);
    }
}
