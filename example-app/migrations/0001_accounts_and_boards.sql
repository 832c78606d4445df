CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    -- The name in lower case: `Ada` and `ada` are one account.
    name_key      TEXT NOT NULL UNIQUE,
    -- A PHC string. NULL: nobody can log in as this user.
    password_hash TEXT,
    created_at    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

CREATE TABLE boards (
    id    TEXT PRIMARY KEY,
    title TEXT NOT NULL
) STRICT;

CREATE TABLE lanes (
    id       TEXT PRIMARY KEY,
    board_id TEXT NOT NULL REFERENCES boards (id) ON DELETE CASCADE,
    title    TEXT NOT NULL,
    position INTEGER NOT NULL,
    UNIQUE (id, board_id)
) STRICT;

CREATE TABLE cards (
    id            TEXT PRIMARY KEY,
    board_id      TEXT NOT NULL,
    lane_id       TEXT NOT NULL,
    owner_id      TEXT NOT NULL REFERENCES users (id),
    title         TEXT NOT NULL,
    private_notes TEXT NOT NULL DEFAULT '',
    -- Ascending within a lane; gaps are fine.
    position      INTEGER NOT NULL,
    created_at    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- A card cannot end up in a lane of another board.
    FOREIGN KEY (lane_id, board_id) REFERENCES lanes (id, board_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX cards_by_place ON cards (board_id, lane_id, position);
