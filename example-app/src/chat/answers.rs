//! What the assistant is answering: one question after another, and an end that everybody hears of,
//! whatever it is.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use super::queries::new_message;
use super::{Ending, Kind, Message};
use crate::accounts::User;
use crate::db::Db;

/// Questions that may wait for their turn.
const QUEUE: usize = 8;
/// How long the assistant rests between two answers. The pieces of both look alike: pages have to have heard
/// the end of one before the next begins.
const REST: Duration = Duration::from_millis(200);

/// The answers of the assistant, one at a time. The clones are one and the same.
#[derive(Clone, Debug)]
pub struct Answers {
    db: Db,
    turn: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    current: watch::Sender<Option<Running>>,
}

/// An answer that the assistant is giving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Answering {
    /// The id that the answer will have as a message.
    pub message_id: String,
    /// The id of who asked.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
}

/// Too many questions wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Why an answer was not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStopped {
    /// It is not the one that is being given.
    NotGiven,
    /// Somebody else asked for it.
    NotAsked,
}

/// An answer as those see it who wait for its end.
#[derive(Clone, Debug)]
pub struct Running {
    /// Which it is.
    pub answering: Answering,
    stop: CancellationToken,
    end: watch::Receiver<Option<Message>>,
}

impl Running {
    /// The answer as it is kept, once it has ended.
    pub async fn end(mut self) -> Option<Message> {
        let end = self.end.wait_for(Option::is_some).await.ok()?;
        end.clone()
    }
}

impl Answers {
    /// Answers that are kept in `db`.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            turn: Arc::new(Semaphore::new(1)),
            queue: Arc::new(Semaphore::new(QUEUE)),
            current: watch::Sender::new(None),
        }
    }

    /// Waits for this user's turn to be answered, and begins.
    pub async fn begin(&self, user: &User) -> Result<Answer, Busy> {
        let place = self.queue.try_acquire().map_err(|_| Busy)?;
        let turn = self.turn.clone().acquire_owned().await.map_err(|_| Busy)?;
        drop(place);
        let id = uuid::Uuid::new_v4().to_string();
        let answering = Answering {
            message_id: id.clone(),
            user_id: user.id.clone(),
            user_name: user.name.clone(),
        };
        let (ended, end) = watch::channel(None);
        let stop = CancellationToken::new();
        self.current.send_replace(Some(Running {
            answering,
            stop: stop.clone(),
            end,
        }));
        Ok(Answer {
            id,
            stop,
            asked_by: user.clone(),
            text: String::new(),
            answers: self.clone(),
            open: Some(Open { ended, turn }),
        })
    }

    /// Stops the answer of this id for the user who asked for it.
    pub fn stop(&self, message_id: &str, user: &User) -> Result<(), NotStopped> {
        let running = self.current().ok_or(NotStopped::NotGiven)?;
        if running.answering.message_id != message_id {
            return Err(NotStopped::NotGiven);
        }
        if running.answering.user_id != user.id {
            return Err(NotStopped::NotAsked);
        }
        running.stop.cancel();
        Ok(())
    }

    /// The answer that is being given.
    pub fn current(&self) -> Option<Running> {
        self.current.borrow().clone()
    }

    /// The answer that is being given, or else the next one; `None` only at the end of the program.
    pub async fn current_or_next(&self) -> Option<Running> {
        let mut current = self.current.subscribe();
        let running = current.wait_for(Option::is_some).await.ok()?;
        running.clone()
    }
}

/// An answer that is being given. However it ends, what was said of it is kept and everybody who waits
/// for its end hears of it; dropped before it is finished, it was stopped.
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
    ended: watch::Sender<Option<Message>>,
    turn: OwnedSemaphorePermit,
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
        let Open { ended, turn } = self.open.take()?;
        let runtime = Handle::try_current().ok()?;
        let text = std::mem::take(&mut self.text);
        let message = new_message(self.id.clone(), &self.asked_by, Kind::Answer, text, ending);
        let answers = self.answers.clone();
        Some(runtime.spawn(async move {
            let kept = answers.db.add_message(&message).await;
            if let Err(error) = &kept {
                tracing::error!(%error, "an answer could not be kept");
            }
            answers.current.send_replace(None);
            ended.send_replace(Some(message.clone()));
            tokio::spawn(async move {
                tokio::time::sleep(REST).await;
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

    async fn answers() -> Result<(tempfile::TempDir, Answers, User)> {
        let data = tempfile::tempdir()?;
        let db = Db::open(data.path()).await?;
        sqlx::query("INSERT INTO users (id, name, name_key) VALUES ('ada', 'Ada', 'ada')")
            .execute(db.pool())
            .await?;
        let ada = User {
            id: "ada".into(),
            name: "Ada".into(),
        };
        Ok((data, Answers::new(db), ada))
    }

    async fn begin(answers: &Answers, user: &User) -> Result<Answer> {
        Ok(answers.begin(user).await.map_err(|Busy| "busy")?)
    }

    #[tokio::test]
    async fn who_waits_for_the_end_of_an_answer_gets_it_as_it_is_kept() -> Result {
        let (_data, answers, ada) = answers().await?;
        let next = tokio::spawn({
            let answers = answers.clone();
            async move { answers.current_or_next().await?.end().await }
        });
        let mut answer = begin(&answers, &ada).await?;
        answer.push("One, ");
        answer.push("two.");
        let running = answers.current().ok_or("not running")?;
        let kept = answer.finish(Ending::Complete).await?;
        assert_eq!(
            (kept.text.as_str(), kept.ending),
            ("One, two.", Ending::Complete)
        );
        assert_eq!(running.answering.message_id, kept.id);
        assert_eq!(running.end().await.as_ref(), Some(&kept));
        assert_eq!(next.await?.as_ref(), Some(&kept));
        assert_eq!(answers.db.messages().await?, [kept]);
        assert!(answers.current().is_none());
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_that_is_dropped_was_stopped_and_what_was_said_is_kept() -> Result {
        let (_data, answers, ada) = answers().await?;
        let mut answer = begin(&answers, &ada).await?;
        let running = answers.current().ok_or("not running")?;
        answer.push("One, ");
        drop(answer);
        let kept = running.end().await.ok_or("no end")?;
        assert_eq!(
            (kept.text.as_str(), kept.ending),
            ("One, ", Ending::Stopped)
        );
        assert_eq!(answers.db.messages().await?, [kept]);
        Ok(())
    }

    #[tokio::test]
    async fn only_who_asked_stops_an_answer_and_only_the_one_that_is_given() -> Result {
        let (_data, answers, ada) = answers().await?;
        assert_eq!(answers.stop("any", &ada), Err(NotStopped::NotGiven));
        let answer = begin(&answers, &ada).await?;
        let id = answers.current().ok_or("not running")?.answering.message_id;
        let ben = User {
            id: "ben".into(),
            name: "Ben".into(),
        };
        assert_eq!(answers.stop(&id, &ben), Err(NotStopped::NotAsked));
        assert_eq!(answers.stop("another", &ada), Err(NotStopped::NotGiven));
        assert_eq!(answers.stop(&id, &ada), Ok(()));
        assert!(answer.stop().is_cancelled());
        Ok(())
    }

    #[tokio::test]
    async fn answers_are_given_one_after_another_and_the_queue_is_bounded() -> Result {
        let (_data, answers, ada) = answers().await?;
        let first = begin(&answers, &ada).await?;
        let waiting: Vec<_> = (0..QUEUE)
            .map(|_| {
                let (answers, ada) = (answers.clone(), ada.clone());
                tokio::spawn(async move { answers.begin(&ada).await })
            })
            .collect();
        while answers.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(answers.begin(&ada).await, Err(Busy)));
        assert!(waiting.iter().all(|one| !one.is_finished()));
        for one in waiting.iter().skip(1) {
            one.abort();
        }
        drop(first);
        let second = waiting.into_iter().next().ok_or("nobody waits")?.await?;
        assert!(second.is_ok());
        Ok(())
    }
}
