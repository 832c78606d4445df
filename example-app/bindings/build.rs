//! Writes `web/src/sync.gen.ts` from the routes of the app.

fn main() {
    example_app::sync_routes::typescript("../web/src/sync.gen.ts").emit();
}
