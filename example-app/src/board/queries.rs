//! The board in the database.

use crate::board::{Board, BoardId, CARDS_MAX, Card, Lane};
use crate::db::Db;

/// Where a card is put in its lane.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// Below all others.
    End,
    /// Right above this card.
    Before(&'a str),
}

/// What came of moving a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is where it should be.
    Done,
    /// The board has no such card.
    NoCard,
    /// The board has no such lane.
    NoLane,
    /// The lane does not hold the card it should be put above.
    NoNeighbour,
}

/// What came of making a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is at the end of its lane.
    Done(Card),
    /// The board has no such lane.
    NoLane,
    /// The board has [`CARDS_MAX`] cards.
    Full,
}

/// What came of changing or deleting a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// The board has no such card.
    NoCard,
    /// It is somebody else's.
    NotOwner,
}

const CARD: &str = "SELECT cards.id, cards.title, cards.lane_id, cards.owner_id, \
     users.name AS owner_name \
     FROM cards JOIN users ON users.id = cards.owner_id \
     WHERE cards.board_id = ? AND cards.id = ?";

const CARDS: &str = "SELECT cards.id, cards.title, cards.lane_id, cards.owner_id, \
     users.name AS owner_name \
     FROM cards JOIN users ON users.id = cards.owner_id JOIN lanes ON lanes.id = cards.lane_id \
     WHERE cards.board_id = ? ORDER BY lanes.position, cards.position, cards.rowid";

impl Db {
    /// The board with all that is on it; `None` when there is none with this id.
    pub async fn board(&self, board: &BoardId) -> sqlx::Result<Option<Board>> {
        // One transaction, so that the cards belong to the lanes.
        let mut read = self.pool().begin().await?;
        let title: Option<String> = sqlx::query_scalar("SELECT title FROM boards WHERE id = ?")
            .bind(board.as_str())
            .fetch_optional(&mut *read)
            .await?;
        let Some(title) = title else { return Ok(None) };
        let lanes: Vec<Lane> =
            sqlx::query_as("SELECT id, title FROM lanes WHERE board_id = ? ORDER BY position, id")
                .bind(board.as_str())
                .fetch_all(&mut *read)
                .await?;
        let cards: Vec<Card> = sqlx::query_as(CARDS)
            .bind(board.as_str())
            .fetch_all(&mut *read)
            .await?;
        Ok(Some(Board {
            room: board.room(),
            title,
            lanes,
            cards,
        }))
    }

    /// Names the board anew; false when there is none with this id.
    pub async fn rename_board(&self, board: &BoardId, title: &str) -> sqlx::Result<bool> {
        let renamed = sqlx::query("UPDATE boards SET title = ? WHERE id = ?")
            .bind(title)
            .bind(board.as_str())
            .execute(self.pool())
            .await?;
        Ok(renamed.rows_affected() == 1)
    }

    /// A card of this board.
    pub async fn card(&self, board: &BoardId, card: &str) -> sqlx::Result<Option<Card>> {
        sqlx::query_as(CARD)
            .bind(board.as_str())
            .bind(card)
            .fetch_optional(self.pool())
            .await
    }

    /// The private notes of a card, if this user owns it.
    pub async fn private_notes(&self, card: &str, owner: &str) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("SELECT private_notes FROM cards WHERE id = ? AND owner_id = ?")
            .bind(card)
            .bind(owner)
            .fetch_optional(self.pool())
            .await
    }

    /// Puts a new card at the end of a lane.
    pub async fn create_card(
        &self,
        board: &BoardId,
        lane: &str,
        owner: &str,
        title: &str,
        private_notes: &str,
    ) -> sqlx::Result<Created> {
        let mut write = self.write().await?;
        if !has_lane(&mut write, board, lane).await? {
            return Ok(Created::NoLane);
        }
        let cards: u32 = sqlx::query_scalar("SELECT COUNT(*) FROM cards WHERE board_id = ?")
            .bind(board.as_str())
            .fetch_one(&mut *write)
            .await?;
        if cards >= CARDS_MAX {
            return Ok(Created::Full);
        }
        let id = uuid::Uuid::new_v4().to_string();
        let position = end_of(&mut write, lane).await?;
        sqlx::query(
            "INSERT INTO cards (id, board_id, lane_id, owner_id, title, private_notes, position) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(board.as_str())
        .bind(lane)
        .bind(owner)
        .bind(title)
        .bind(private_notes)
        .bind(position)
        .execute(&mut *write)
        .await?;
        let card = sqlx::query_as(CARD)
            .bind(board.as_str())
            .bind(&id)
            .fetch_one(&mut *write)
            .await?;
        write.commit().await?;
        Ok(Created::Done(card))
    }

    /// Moves a card into a lane of its board.
    pub async fn move_card(
        &self,
        board: &BoardId,
        card: &str,
        lane: &str,
        place: Place<'_>,
    ) -> sqlx::Result<Moved> {
        let mut write = self.write().await?;
        if owner_of(&mut write, board, card).await?.is_none() {
            return Ok(Moved::NoCard);
        }
        if !has_lane(&mut write, board, lane).await? {
            return Ok(Moved::NoLane);
        }
        let position = match place {
            Place::End => end_of(&mut write, lane).await?,
            Place::Before(neighbour) => {
                let position: Option<i64> =
                    sqlx::query_scalar("SELECT position FROM cards WHERE id = ? AND lane_id = ?")
                        .bind(neighbour)
                        .bind(lane)
                        .fetch_optional(&mut *write)
                        .await?;
                let Some(position) = position else {
                    return Ok(Moved::NoNeighbour);
                };
                sqlx::query(
                    "UPDATE cards SET position = position + 1 WHERE lane_id = ? AND position >= ?",
                )
                .bind(lane)
                .bind(position)
                .execute(&mut *write)
                .await?;
                position
            }
        };
        sqlx::query("UPDATE cards SET lane_id = ?, position = ? WHERE id = ?")
            .bind(lane)
            .bind(position)
            .bind(card)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(Moved::Done)
    }

    /// Changes the title and the private notes of the user's own card.
    pub async fn edit_card(
        &self,
        board: &BoardId,
        card: &str,
        user: &str,
        title: &str,
        private_notes: &str,
    ) -> sqlx::Result<Changed> {
        let mut write = self.write().await?;
        match owner_of(&mut write, board, card).await? {
            None => return Ok(Changed::NoCard),
            Some(owner) if owner != user => return Ok(Changed::NotOwner),
            Some(_) => {}
        }
        sqlx::query("UPDATE cards SET title = ?, private_notes = ? WHERE id = ?")
            .bind(title)
            .bind(private_notes)
            .bind(card)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(Changed::Done)
    }

    /// Deletes the user's own card.
    pub async fn delete_card(
        &self,
        board: &BoardId,
        card: &str,
        user: &str,
    ) -> sqlx::Result<Changed> {
        let mut write = self.write().await?;
        match owner_of(&mut write, board, card).await? {
            None => return Ok(Changed::NoCard),
            Some(owner) if owner != user => return Ok(Changed::NotOwner),
            Some(_) => {}
        }
        sqlx::query("DELETE FROM cards WHERE id = ?")
            .bind(card)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(Changed::Done)
    }
}

type Connection = sqlx::SqliteConnection;

async fn has_lane(db: &mut Connection, board: &BoardId, lane: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM lanes WHERE id = ? AND board_id = ?)")
        .bind(lane)
        .bind(board.as_str())
        .fetch_one(db)
        .await
}

async fn owner_of(
    db: &mut Connection,
    board: &BoardId,
    card: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT owner_id FROM cards WHERE id = ? AND board_id = ?")
        .bind(card)
        .bind(board.as_str())
        .fetch_optional(db)
        .await
}

async fn end_of(db: &mut Connection, lane: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COALESCE(MAX(position), 0) + 1 FROM cards WHERE lane_id = ?")
        .bind(lane)
        .fetch_one(db)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// A new database with the demo board, and a second board with a lane and a card of its own.
    async fn two_boards() -> Result<(tempfile::TempDir, Db, BoardId)> {
        let data = tempfile::tempdir()?;
        let db = Db::open(data.path()).await?;
        for statement in [
            "INSERT INTO users (id, name, name_key) VALUES ('ada', 'Ada', 'ada'), ('lin', 'Lin', 'lin')",
            "INSERT INTO boards (id, title) VALUES ('other', 'Other')",
            "INSERT INTO lanes (id, board_id, title, position) VALUES ('there', 'other', 'There', 1)",
            "INSERT INTO cards (id, board_id, lane_id, owner_id, title, position) \
             VALUES ('foreign', 'other', 'there', 'ada', 'Foreign', 1)",
        ] {
            sqlx::query(statement).execute(db.pool()).await?;
        }
        Ok((data, db, BoardId::demo()))
    }

    async fn lane(db: &Db, board: &BoardId, lane: &str) -> Result<Vec<String>> {
        let board = db.board(board).await?.ok_or("no board")?;
        let cards = board.cards.into_iter();
        Ok(cards.filter(|c| c.lane_id == lane).map(|c| c.id).collect())
    }

    #[tokio::test]
    async fn a_card_goes_above_another_or_to_the_end() -> Result {
        let (_data, db, demo) = two_boards().await?;
        let before = |card| Place::Before(card);
        for (card, to, place, order) in [
            (
                "rain-plan",
                "ideas",
                before("lanterns"),
                ["rain-plan", "lanterns", "choir"],
            ),
            (
                "rain-plan",
                "ideas",
                before("choir"),
                ["lanterns", "rain-plan", "choir"],
            ),
            (
                "lanterns",
                "ideas",
                Place::End,
                ["rain-plan", "choir", "lanterns"],
            ),
            (
                "poster",
                "doing",
                before("ferry"),
                ["food-stalls", "poster", "ferry"],
            ),
        ] {
            assert_eq!(db.move_card(&demo, card, to, place).await?, Moved::Done);
            assert_eq!(lane(&db, &demo, to).await?, order);
        }
        assert!(lane(&db, &demo, "review").await?.is_empty());
        let gone = db
            .move_card(&demo, "choir", "done", before("ferry"))
            .await?;
        assert_eq!(gone, Moved::NoNeighbour);
        Ok(())
    }

    #[tokio::test]
    async fn cards_and_lanes_of_another_board_are_out_of_reach() -> Result {
        let (_data, db, demo) = two_boards().await?;
        let moved = db.move_card(&demo, "foreign", "doing", Place::End).await?;
        assert_eq!(moved, Moved::NoCard);
        let moved = db.move_card(&demo, "choir", "there", Place::End).await?;
        assert_eq!(moved, Moved::NoLane);
        let created = db.create_card(&demo, "there", "ada", "Here?", "").await?;
        assert_eq!(created, Created::NoLane);
        let edited = db.edit_card(&demo, "foreign", "ada", "Mine", "").await?;
        assert_eq!(edited, Changed::NoCard);
        assert_eq!(
            db.delete_card(&demo, "foreign", "ada").await?,
            Changed::NoCard
        );
        assert_eq!(db.card(&demo, "foreign").await?, None);
        Ok(())
    }

    #[tokio::test]
    async fn only_its_owner_edits_deletes_and_reads_the_notes_of_a_card() -> Result {
        let (_data, db, demo) = two_boards().await?;
        let created = db
            .create_card(&demo, "ideas", "ada", "Hers", "secret")
            .await?;
        let Created::Done(card) = created else {
            return Err("not created".into());
        };
        assert_eq!(card.owner_name, "Ada");
        let edited = db.edit_card(&demo, &card.id, "lin", "Mine", "").await?;
        assert_eq!(edited, Changed::NotOwner);
        let deleted = db.delete_card(&demo, &card.id, "lin").await?;
        assert_eq!(deleted, Changed::NotOwner);
        assert_eq!(db.private_notes(&card.id, "lin").await?, None);
        let notes = db.private_notes(&card.id, "ada").await?;
        assert_eq!(notes.as_deref(), Some("secret"));
        assert_eq!(db.delete_card(&demo, &card.id, "ada").await?, Changed::Done);
        assert_eq!(db.card(&demo, &card.id).await?, None);
        Ok(())
    }

    #[tokio::test]
    async fn a_full_board_takes_no_more_cards() -> Result {
        let (_data, db, demo) = two_boards().await?;
        sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
             INSERT INTO cards (id, board_id, lane_id, owner_id, title, position) \
             SELECT 'filler-' || i, 'demo', 'done', 'ada', 'Filler', i FROM n",
        )
        .bind(CARDS_MAX)
        .execute(db.pool())
        .await?;
        let created = db
            .create_card(&demo, "ideas", "ada", "One more", "")
            .await?;
        assert_eq!(created, Created::Full);
        Ok(())
    }
}
