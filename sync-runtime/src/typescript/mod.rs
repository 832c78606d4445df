//! What TypeScript sees of the routes.
