//! Links the handler files under `src/**/_sync`.

fn main() {
    sync_build::routes("src");
    // `sqlx::migrate!` embeds the folder; without this line a new migration would wait for the
    // next change of a Rust file.
    println!("cargo:rerun-if-changed=migrations");
}
