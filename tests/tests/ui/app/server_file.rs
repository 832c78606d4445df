// What `include_routes!` adds to an app whose only handler file is the one that includes this.

#[path = "mod.rs"]
mod app;

pub mod __sync {
    pub type App = crate::app::AppState;
}

pub fn routes() -> ::sync_runtime::Routes<crate::__sync::App> {
    ::sync_runtime::Routes::new()
        .server::<crate::__SyncHandler>(::sync_runtime::codegen::route("board/moveCard", 1))
}
