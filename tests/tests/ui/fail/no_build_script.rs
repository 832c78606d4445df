#![no_main]

#[path = "../app/mod.rs"]
mod app;

sync_runtime::include_routes!(crate::app::AppState);
