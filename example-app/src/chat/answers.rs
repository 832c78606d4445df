//! What the assistant is answering: one question after another, and an end that everybody hears of,
//! whatever it is.
//!
//! The app may run as several processes. Which answer is being given is in the database that they share, so that
//! it can be seen and stopped from all of them; that it begins and ends is published to the room.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sync_runtime::Publisher;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use super::queries::new_message;
use super::{Ending, Kind, LOBBY, Message};
use crate::accounts::User;
use crate::db::Db;
use crate::sync_routes::chat;

/// Questions that may wait for their turn in this process.
const QUEUE: usize = 8;
/// How often it is looked whether the assistant is free, while another process has it.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is looked whether an answer is still wanted, and said that it is still being given.
const BEAT: Duration = Duration::from_millis(200);
/// How long the assistant rests between two answers. The pieces of both look alike: pages have to have heard
/// the end of one before the next begins.
const REST: Duration = Duration::from_millis(200);

/// The answers of the assistant, one at a time. The clones are one and the same.
#[derive(Clone, Debug)]
pub struct Answers {
    db: Db,
    publisher: Publisher,
    turn: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// An answer that the assistant is giving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Answering {
    /// The id that the answer will have as a message.
    pub message_id: String,
    /// The id of who asked.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
}

/// Why an answer has not begun.
#[derive(Debug)]
pub enum NotBegun {
    /// Too many questions wait already.
    Busy,
    /// The database.
    Database(sqlx::Error),
}

/// Why an answer was not stopped.
#[derive(Debug)]
pub enum NotStopped {
    /// It is not the one that is being given.
    NotGiven,
    /// Somebody else asked for it.
    NotAsked,
    /// The database.
    Database(sqlx::Error),
}

impl Answers {
    /// Answers that are kept in `db`, and of which `publisher` tells the chat.
    pub fn new(db: Db, publisher: Publisher) -> Self {
        Self {
            db,
            publisher,
            turn: Arc::new(Semaphore::new(1)),
            queue: Arc::new(Semaphore::new(QUEUE)),
        }
    }

    /// Waits for this user's turn to be answered, and begins.
    pub async fn begin(&self, user: &User) -> Result<Answer, NotBegun> {
        let place = self.queue.try_acquire().map_err(|_| NotBegun::Busy)?;
        let turn = self.turn.clone().acquire_owned().await;
        let turn = turn.map_err(|_| NotBegun::Busy)?;
        drop(place);
        let answering = Answering {
            message_id: uuid::Uuid::new_v4().to_string(),
            user_id: user.id.clone(),
            user_name: user.name.clone(),
        };
        while !self
            .db
            .begin_answering(&answering)
            .await
            .map_err(NotBegun::Database)?
        {
            tokio::time::sleep(LOOK).await;
        }
        let stop = CancellationToken::new();
        let beating = tokio::spawn(beat(
            self.db.clone(),
            answering.message_id.clone(),
            stop.clone(),
        ));
        let answer = Answer {
            id: answering.message_id.clone(),
            stop,
            asked_by: user.clone(),
            text: String::new(),
            answers: self.clone(),
            open: Some(Open {
                turn,
                beating: beating.abort_handle(),
            }),
        };
        let told = self
            .publisher
            .publish(chat::answering::V1, LOBBY, &answering);
        if let Err(error) = told.await {
            tracing::warn!(%error, "the chat was not told that an answer begins");
        }
        Ok(answer)
    }

    /// Stops the answer of this id for the user who asked for it, whichever process gives it.
    pub async fn stop(&self, message_id: &str, user: &User) -> Result<(), NotStopped> {
        let answering = self.db.answering().await.map_err(NotStopped::Database)?;
        let answering = answering.filter(|answering| answering.message_id == message_id);
        let answering = answering.ok_or(NotStopped::NotGiven)?;
        if answering.user_id != user.id {
            return Err(NotStopped::NotAsked);
        }
        let stopped = self.db.stop_answering(message_id).await;
        stopped.map_err(NotStopped::Database)
    }
}

/// Says that an answer is still being given, until it is no longer wanted.
async fn beat(db: Db, message_id: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::time::sleep(BEAT).await;
        match db.go_on_answering(&message_id).await {
            Ok(true) => {}
            Ok(false) => stop.cancel(),
            Err(error) => {
                tracing::warn!(%error, "it is not known whether an answer is still wanted");
            }
        }
    }
}

/// An answer that is being given. However it ends, what was said of it is kept and everybody in the chat
/// hears of it; dropped before it is finished, it was stopped.
#[derive(Debug)]
pub struct Answer {
    id: String,
    stop: CancellationToken,
    asked_by: User,
    text: String,
    answers: Answers,
    /// `None` once it has ended.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    turn: OwnedSemaphorePermit,
    beating: AbortHandle,
}

impl Answer {
    /// Cancelled when who asked has heard enough.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Goes on with this piece.
    pub fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// Ends it, and gives it as it is kept.
    pub async fn finish(mut self, ending: Ending) -> sqlx::Result<Message> {
        let ended = self.end(ending).ok_or(sqlx::Error::WorkerCrashed)?;
        ended.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// A task of its own: when the request is cancelled meanwhile, the end comes all the same.
    fn end(&mut self, ending: Ending) -> Option<JoinHandle<sqlx::Result<Message>>> {
        let Open { turn, beating } = self.open.take()?;
        let runtime = Handle::try_current().ok()?;
        let text = std::mem::take(&mut self.text);
        let message = new_message(self.id.clone(), &self.asked_by, Kind::Answer, text, ending);
        let Answers { db, publisher, .. } = self.answers.clone();
        Some(runtime.spawn(async move {
            beating.abort();
            let kept = db.add_message(&message).await;
            if let Err(error) = &kept {
                tracing::error!(%error, "an answer could not be kept");
            }
            // As what people say: it is a message now.
            let told = publisher.publish(chat::say::V1, LOBBY, &message);
            if let Err(error) = told.await {
                tracing::warn!(%error, "the chat was not told that an answer has ended");
            }
            let id = message.id.clone();
            tokio::spawn(async move {
                tokio::time::sleep(REST).await;
                if let Err(error) = db.end_answering(&id).await {
                    tracing::warn!(%error, "the next answer has to wait for a while");
                }
                drop(turn);
            });
            kept.map(|()| message)
        }))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let _ = self.end(Ending::Stopped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// The answers of two processes that share a database.
    async fn answers() -> Result<(tempfile::TempDir, [Answers; 2], User)> {
        let data = tempfile::tempdir()?;
        let dbs = [Db::open(data.path()).await?, Db::open(data.path()).await?];
        sqlx::query("INSERT INTO users (id, name, name_key) VALUES ('ada', 'Ada', 'ada')")
            .execute(dbs[0].pool())
            .await?;
        let ada = User {
            id: "ada".into(),
            name: "Ada".into(),
        };
        // Nobody is told: that is for the tests of the wire.
        Ok((data, dbs.map(|db| Answers::new(db, Publisher::new())), ada))
    }

    async fn begin(answers: &Answers, user: &User) -> Result<Answer> {
        Ok(answers
            .begin(user)
            .await
            .map_err(|error| format!("{error:?}"))?)
    }

    #[tokio::test]
    async fn an_answer_that_is_finished_is_kept_and_seen_by_all_processes_until_then() -> Result {
        let (_data, [one, other], ada) = answers().await?;
        let mut answer = begin(&one, &ada).await?;
        let answering = other.db.answering().await?.ok_or("not given")?;
        assert_eq!((&*answering.user_id, &*answering.user_name), ("ada", "Ada"));
        answer.push("One, ");
        answer.push("two.");
        let kept = answer.finish(Ending::Complete).await?;
        assert_eq!(
            (kept.text.as_str(), kept.ending),
            ("One, two.", Ending::Complete)
        );
        assert_eq!(answering.message_id, kept.id);
        assert_eq!(other.db.answering().await?, None);
        assert_eq!(other.db.messages().await?, [kept]);
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_that_is_dropped_was_stopped_and_what_was_said_is_kept() -> Result {
        let (_data, [one, other], ada) = answers().await?;
        let mut answer = begin(&one, &ada).await?;
        answer.push("One, ");
        drop(answer);
        // The next one begins after its end.
        drop(begin(&other, &ada).await?);
        let messages = other.db.messages().await?;
        let kept = messages.first().ok_or("nothing was kept")?;
        assert_eq!(
            (kept.text.as_str(), kept.ending),
            ("One, ", Ending::Stopped)
        );
        Ok(())
    }

    #[tokio::test]
    async fn only_who_asked_stops_an_answer_and_only_the_one_that_is_given() -> Result {
        let (_data, [one, other], ada) = answers().await?;
        let stop = |id: &str, user: &User| {
            let (other, id, user) = (other.clone(), id.to_owned(), user.clone());
            async move { other.stop(&id, &user).await }
        };
        assert!(matches!(stop("any", &ada).await, Err(NotStopped::NotGiven)));
        let answer = begin(&one, &ada).await?;
        let id = answer.id.clone();
        let ben = User {
            id: "ben".into(),
            name: "Ben".into(),
        };
        assert!(matches!(stop(&id, &ben).await, Err(NotStopped::NotAsked)));
        assert!(matches!(
            stop("another", &ada).await,
            Err(NotStopped::NotGiven)
        ));
        assert!(!answer.stop().is_cancelled());
        assert!(stop(&id, &ada).await.is_ok());
        answer.stop().cancelled().await;
        answer.finish(Ending::Stopped).await?;
        assert!(matches!(stop(&id, &ada).await, Err(NotStopped::NotGiven)));
        Ok(())
    }

    #[tokio::test]
    async fn the_assistant_is_free_again_when_the_process_that_had_it_is_gone() -> Result {
        let (_data, [one, other], ada) = answers().await?;
        let lost = begin(&one, &ada).await?;
        let beating = lost.open.as_ref().map(|open| open.beating.clone());
        beating.ok_or("it has not begun")?.abort();
        sqlx::query("UPDATE answering SET alive_at = alive_at - 3000")
            .execute(one.db.pool())
            .await?;
        assert_eq!(other.db.answering().await?, None);
        let next = begin(&other, &ada).await?;
        let answering = one.db.answering().await?.ok_or("not given")?;
        assert_eq!(answering.message_id, next.id);
        assert!(!one.db.go_on_answering(&lost.id).await?);
        // Its end is not the end of the next one.
        one.db.end_answering(&lost.id).await?;
        assert!(one.db.answering().await?.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn answers_are_given_one_after_another_and_the_queue_is_bounded() -> Result {
        let (_data, [one, other], ada) = answers().await?;
        let first = begin(&one, &ada).await?;
        let waiting: Vec<_> = (0..QUEUE)
            .map(|_| {
                let (answers, ada) = (one.clone(), ada.clone());
                tokio::spawn(async move { answers.begin(&ada).await.is_ok() })
            })
            .collect();
        let elsewhere = {
            let (answers, ada) = (other.clone(), ada.clone());
            tokio::spawn(async move { answers.begin(&ada).await.is_ok() })
        };
        while one.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(one.begin(&ada).await, Err(NotBegun::Busy)));
        tokio::time::sleep(2 * LOOK).await;
        assert!(
            waiting
                .iter()
                .chain([&elsewhere])
                .all(|one| !one.is_finished())
        );
        for one in waiting.iter().skip(1) {
            one.abort();
        }
        drop(first);
        // One of the two, and when that has ended the other.
        let next = waiting.into_iter().next().ok_or("nobody waits")?;
        assert!(next.await? && elsewhere.await?);
        Ok(())
    }
}
