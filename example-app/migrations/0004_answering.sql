-- The answer that the assistant is giving: one at a time, whichever process gives it.
CREATE TABLE answering (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    -- The id that the answer will have as a message.
    message_id TEXT NOT NULL,
    -- Who asked.
    user_id    TEXT NOT NULL REFERENCES users (id),
    -- Whether who asked has heard enough.
    stopped    INTEGER NOT NULL DEFAULT 0,
    -- When the process that gives it was last heard of, in milliseconds since 1970.
    alive_at   INTEGER NOT NULL
) STRICT;
