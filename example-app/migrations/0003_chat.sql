CREATE TABLE messages (
    -- The order in which they are shown. Numbers are not used again when old messages are deleted.
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    -- Who wrote it; of an answer, who asked for it.
    user_id TEXT NOT NULL REFERENCES users (id),
    kind    TEXT NOT NULL CHECK (kind IN ('said', 'asked', 'answer')),
    -- How an answer ended. What people say is always complete.
    ending  TEXT NOT NULL CHECK (ending IN ('complete', 'stopped', 'failed')),
    text    TEXT NOT NULL,
    -- Milliseconds since 1970.
    sent_at INTEGER NOT NULL
) STRICT;
