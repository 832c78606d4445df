// What `include_routes!` adds to an app whose handler files are the server file that includes this
// and `showCard_client_v1.rs` beside this.

#[path = "mod.rs"]
mod app;
#[path = "showCard_client_v1.rs"]
mod show_card_client_v1;

pub mod __sync {
    pub type App = crate::app::AppState;
}

crate::show_card_client_v1::__sync_pair!(
    crate::show_card_client_v1::__SyncTaken,
    crate::__SyncHandler
);

pub fn routes() -> ::sync_runtime::Routes<crate::__sync::App> {
    ::sync_runtime::Routes::new()
        .pair::<crate::__SyncHandler, crate::show_card_client_v1::__SyncHandler>(
            ::sync_runtime::codegen::route("board/showCard", 1),
        )
}
