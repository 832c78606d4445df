//! The chat in the database.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::accounts::User;
use crate::assistant::Turn;
use crate::chat::{Answering, Ending, KEPT, Kind, Message, PAGE, TOLD};
use crate::db::Db;

/// For how long the process that gives an answer may not be heard of, in milliseconds: then it is gone, and
/// its answer with it.
const DEAD_AFTER: i64 = 3000;

const NEWEST: &str = "SELECT messages.id, messages.kind, messages.user_id, users.name AS user_name, \
     messages.text, messages.ending, messages.sent_at \
     FROM messages JOIN users ON users.id = messages.user_id \
     ORDER BY messages.seq DESC LIMIT ?";

impl Db {
    /// The newest messages, [`PAGE`] at most, the oldest of them first.
    pub async fn messages(&self) -> sqlx::Result<Vec<Message>> {
        self.newest(PAGE).await
    }

    /// What was said before a question of this user, [`TOLD`] messages at most.
    ///
    /// The question is told on its own: pages store it before they ask it, so it is left out here if it
    /// was the last thing said.
    pub async fn conversation(&self, user: &User, question: &str) -> sqlx::Result<Vec<Turn>> {
        let mut messages = self.newest(TOLD).await?;
        messages.pop_if(|last| {
            last.kind == Kind::Asked && last.user_id == user.id && last.text == question
        });
        let turns = messages.into_iter().filter(|said| !said.text.is_empty());
        Ok(turns
            .map(|message| Turn {
                person: (message.kind != Kind::Answer).then_some(message.user_name),
                text: message.text,
            })
            .collect())
    }

    async fn newest(&self, limit: u32) -> sqlx::Result<Vec<Message>> {
        let mut messages: Vec<Message> = sqlx::query_as(NEWEST)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        messages.reverse();
        Ok(messages)
    }

    /// Keeps what a user has written, to the others (`Said`) or to the assistant (`Asked`).
    pub async fn say(&self, user: &User, kind: Kind, text: &str) -> sqlx::Result<Message> {
        let id = uuid::Uuid::new_v4().to_string();
        let message = new_message(id, user, kind, text.to_owned(), Ending::Complete);
        self.add_message(&message).await?;
        Ok(message)
    }

    /// Notes that the assistant gives this answer, unless it is giving another one.
    pub(super) async fn begin_answering(&self, answering: &Answering) -> sqlx::Result<bool> {
        let begun = sqlx::query(
            "INSERT INTO answering (one, message_id, user_id, alive_at) VALUES (1, ?1, ?2, ?3) \
             ON CONFLICT (one) DO UPDATE \
             SET message_id = ?1, user_id = ?2, stopped = 0, alive_at = ?3 WHERE alive_at <= ?3 - ?4",
        )
        .bind(&answering.message_id)
        .bind(&answering.user_id)
        .bind(now())
        .bind(DEAD_AFTER)
        .execute(self.pool())
        .await?;
        Ok(begun.rows_affected() == 1)
    }

    /// The answer that the assistant is giving. One that is kept has ended.
    pub async fn answering(&self) -> sqlx::Result<Option<Answering>> {
        sqlx::query_as(
            "SELECT message_id, user_id, users.name AS user_name \
             FROM answering JOIN users ON users.id = user_id \
             WHERE alive_at > ? AND message_id NOT IN (SELECT id FROM messages)",
        )
        .bind(now() - DEAD_AFTER)
        .fetch_optional(self.pool())
        .await
    }

    /// Notes that an answer is still being given, and says whether it is still to be.
    pub(super) async fn go_on_answering(&self, message_id: &str) -> sqlx::Result<bool> {
        let stopped: Option<bool> = sqlx::query_scalar(
            "UPDATE answering SET alive_at = ? WHERE message_id = ? RETURNING stopped",
        )
        .bind(now())
        .bind(message_id)
        .fetch_optional(self.pool())
        .await?;
        Ok(stopped == Some(false))
    }

    /// Has the process that gives an answer stop.
    pub(super) async fn stop_answering(&self, message_id: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE answering SET stopped = 1 WHERE message_id = ?")
            .bind(message_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Lets the assistant give another answer than this.
    pub(super) async fn end_answering(&self, message_id: &str) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM answering WHERE message_id = ?")
            .bind(message_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Keeps a message, and deletes those beyond [`KEPT`].
    pub(super) async fn add_message(&self, message: &Message) -> sqlx::Result<()> {
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO messages (id, user_id, kind, ending, text, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&message.id)
        .bind(&message.user_id)
        .bind(message.kind)
        .bind(message.ending)
        .bind(&message.text)
        .bind(message.sent_at)
        .execute(&mut *write)
        .await?;
        sqlx::query("DELETE FROM messages WHERE seq <= (SELECT MAX(seq) FROM messages) - ?")
            .bind(KEPT)
            .execute(&mut *write)
            .await?;
        write.commit().await
    }
}

/// A message sent now.
pub(super) fn new_message(
    id: String,
    user: &User,
    kind: Kind,
    text: String,
    ending: Ending,
) -> Message {
    Message {
        id,
        kind,
        user_id: user.id.clone(),
        user_name: user.name.clone(),
        text,
        ending,
        sent_at: now(),
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    async fn database() -> Result<(tempfile::TempDir, Db, User)> {
        let data = tempfile::tempdir()?;
        let db = Db::open(data.path()).await?;
        sqlx::query("INSERT INTO users (id, name, name_key) VALUES ('ada', 'Ada', 'ada')")
            .execute(db.pool())
            .await?;
        let ada = User {
            id: "ada".into(),
            name: "Ada".into(),
        };
        Ok((data, db, ada))
    }

    #[tokio::test]
    async fn a_page_has_the_newest_hundred_in_the_order_they_were_said() -> Result {
        let (_data, db, ada) = database().await?;
        for n in 1..=103 {
            db.say(&ada, Kind::Said, &n.to_string()).await?;
        }
        let texts: Vec<_> = db.messages().await?.into_iter().map(|m| m.text).collect();
        let wanted: Vec<_> = (4..=103).map(|n| n.to_string()).collect();
        assert_eq!(texts, wanted);
        Ok(())
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() -> Result {
        let (_data, db, ada) = database().await?;
        sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
             INSERT INTO messages (id, user_id, kind, ending, text, sent_at) \
             SELECT 'old-' || i, 'ada', 'said', 'complete', 'old', 0 FROM n",
        )
        .bind(KEPT)
        .execute(db.pool())
        .await?;
        let last = db.say(&ada, Kind::Said, "one more").await?;
        let count: u32 = sqlx::query_scalar("SELECT COUNT(*) FROM messages")
            .fetch_one(db.pool())
            .await?;
        assert_eq!(count, KEPT);
        assert_eq!(db.messages().await?.last(), Some(&last));
        Ok(())
    }

    #[tokio::test]
    async fn the_assistant_is_told_who_said_what_and_the_question_once() -> Result {
        let (_data, db, ada) = database().await?;
        let turn = |person: Option<&str>, text: &str| Turn {
            person: person.map(str::to_owned),
            text: text.to_owned(),
        };
        db.say(&ada, Kind::Asked, "Why?").await?;
        let answer = new_message(
            "a".into(),
            &ada,
            Kind::Answer,
            "So.".into(),
            Ending::Complete,
        );
        db.add_message(&answer).await?;
        db.say(&ada, Kind::Asked, "Why?").await?;
        let before = [turn(Some("Ada"), "Why?"), turn(None, "So.")];
        assert_eq!(db.conversation(&ada, "Why?").await?, before);
        let all = [&before[..], &[turn(Some("Ada"), "Why?")]].concat();
        assert_eq!(db.conversation(&ada, "And now?").await?, all);
        Ok(())
    }
}
