//! The database: one file in the data folder, kept by `sqlx`.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// The app's database. Cheap to clone: the clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct Db {
    pool: SqlitePool,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder is missing and could not be made.
    #[error("the data folder {path} cannot be made: {source}")]
    Folder {
        /// The folder that was asked for.
        path: String,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The file cannot be used.
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] sqlx::Error),
    /// A migration failed, or the file was made by a newer version of the app.
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl Db {
    /// Opens `board.db` in the folder `data`, making both when they are missing, and brings its
    /// tables up to date. A new database holds the demo board.
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(data).map_err(|source| OpenError::Folder {
            path: data.display().to_string(),
            source,
        })?;
        let options = SqliteConnectOptions::new()
            .filename(data.join("board.db"))
            .create_if_missing(true)
            .foreign_keys(true)
            // Readers do not wait for the writer. With a write-ahead log, NORMAL keeps the file
            // intact through a power cut; the last moments before it may be lost.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool })
    }

    /// The connections, for reading and for single statements.
    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// A transaction that holds the write lock from its start. One that reads first and asks for
    /// the lock later is refused when another writer came between.
    pub(crate) async fn write(&self) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Sqlite>> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes all connections, which folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
