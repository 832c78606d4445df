// What `include_routes!` adds to an app whose handler files are `editCard_server_v1.rs` beside this
// and the `_client` file that includes this.

#[path = "mod.rs"]
mod app;
#[path = "editCard_server_v1.rs"]
mod edit_card_server_v1;

pub mod __sync {
    pub type App = crate::app::AppState;
}

crate::__sync_pair!(
    crate::__SyncTaken,
    crate::edit_card_server_v1::__SyncHandler
);

pub fn routes() -> ::sync_runtime::Routes<crate::__sync::App> {
    ::sync_runtime::Routes::new()
        .pair::<crate::edit_card_server_v1::__SyncHandler, crate::__SyncHandler>(
            ::sync_runtime::codegen::route("board/editCard", 1),
        )
}
