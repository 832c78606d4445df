//! Links the handler files under `src/**/_sync`.

fn main() {
    sync_build::routes("src");
}
