//! What Redis keeps for a request: that it runs, and for whom, or how it was answered.

use crate::{
    Failure,
    handler::output::OutputJson,
    repeats::{Answer, Content},
};

const RUNS: char = 'r';
const SUCCEEDED: char = 's';
const FAILED: char = 'f';

/// How many characters the content of a request is written in.
const CONTENT_CHARS: usize = 64;

/// What is known of a request.
#[derive(Debug)]
pub(super) enum Stored {
    Runs,
    Answered(Answer),
    /// The content is that of another one.
    Other,
}

/// That a request runs, in the words of the one who runs it.
pub(super) fn claim(content: Content, claim: &str) -> String {
    format!("{RUNS}{}{claim}", content.hex())
}

/// Nothing for what cannot be written.
pub(super) fn answer(content: Content, answer: &Answer) -> Option<String> {
    let content = content.hex();
    match answer {
        Ok(output) => Some(format!("{SUCCEEDED}{content}{}", output.raw())),
        Err(failure) => Some(format!("{FAILED}{content}{}", failure.encoded().ok()?)),
    }
}

/// Nothing for what this version does not understand.
pub(super) fn read(text: &str, content: Content) -> Option<Stored> {
    let kind = text.chars().next()?;
    let (of, rest) = text.get(1..)?.split_at_checked(CONTENT_CHARS)?;
    if of != content.hex() {
        return Some(Stored::Other);
    }
    match kind {
        RUNS => Some(Stored::Runs),
        SUCCEEDED => {
            let output = OutputJson::recorded(serde_json::from_str(rest).ok()?)?;
            Some(Stored::Answered(Ok(output)))
        }
        FAILED => {
            let failure = Failure::decoded(rest).ok()?;
            Some(Stored::Answered(Err(failure)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content::of("room", false, "{}")
    }

    fn again(given: &Answer) -> Option<Answer> {
        match read(&answer(content(), given)?, content())? {
            Stored::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    #[test]
    fn answers_are_read_as_they_were_written() {
        let output = OutputJson::encode(&serde_json::json!({ "é": [1, null] }));
        let success = output.map_err(Failure::internal);
        let json = |answer: Answer| answer.map(|output| output.raw().get().to_owned()).ok();
        assert_eq!(again(&success).and_then(json), json(success));

        let failure = Failure::new("board.cardNotFound", "It is gone.")
            .status(404)
            .param("card", "7")
            .param("count", 7);
        let words = |failure: &Failure| serde_json::to_value(failure.envelope()).ok();
        let read = again(&Err(Failure::new("", ""))).and_then(Result::err);
        assert!(read.is_some());
        let read = again(&Err(failure.told())).and_then(Result::err);
        assert_eq!(read.as_ref().and_then(words), words(&failure));
    }

    #[test]
    fn what_only_the_operator_may_know_is_not_written() {
        let failure = Failure::internal("the password is swordfish");
        let written = answer(content(), &Err(failure));
        assert!(written.is_some_and(|text| !text.contains("swordfish")));
    }

    #[test]
    fn another_content_is_told_from_the_same() {
        let claimed = claim(content(), "node-1");
        assert!(matches!(read(&claimed, content()), Some(Stored::Runs)));
        let other = Content::of("room", true, "{}");
        assert!(matches!(read(&claimed, other), Some(Stored::Other)));
    }

    #[test]
    fn what_is_not_understood_is_nothing() {
        let hex = content().hex();
        for text in [
            "",
            "r",
            "é",
            &format!("x{hex}"),
            &format!("s{hex}7"),
            &format!("f{hex}{{}}"),
        ] {
            assert!(read(text, content()).is_none(), "{text}");
        }
    }
}
