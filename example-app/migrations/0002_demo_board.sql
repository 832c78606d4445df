-- The board that everybody who logs in finds. Its first cards belong to a user nobody can log in as.
INSERT INTO users (id, name, name_key, password_hash)
VALUES ('board-guide', 'Board guide', 'board guide', NULL);

INSERT INTO boards (id, title) VALUES ('demo', 'Harbour festival');

INSERT INTO lanes (id, board_id, title, position) VALUES
    ('ideas', 'demo', 'Ideas', 1),
    ('doing', 'demo', 'In progress', 2),
    ('review', 'demo', 'Review', 3),
    ('done', 'demo', 'Done', 4);

INSERT INTO cards (id, board_id, lane_id, owner_id, title, private_notes, position) VALUES
    ('lanterns', 'demo', 'ideas', 'board-guide', 'Lantern parade along the quay', '', 1),
    ('choir', 'demo', 'ideas', 'board-guide', 'Ask the sailors'' choir for the opening', '', 2),
    ('rain-plan', 'demo', 'ideas', 'board-guide', 'What do we do if it rains?', '', 3),
    ('food-stalls', 'demo', 'doing', 'board-guide', 'Map of the food stalls', '', 1),
    ('ferry', 'demo', 'doing', 'board-guide', 'Late ferry: talk to the port office', '', 2),
    ('poster', 'demo', 'review', 'board-guide', 'Poster, second draft', '', 1),
    ('permit', 'demo', 'done', 'board-guide', 'Permit from the city', '', 1);
