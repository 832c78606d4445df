// What `include_routes!` adds to an app whose handler files are `showCard_server_v1.rs` and
// `openCard_client_v1.rs` beside this, whose server file is the same.

#[path = "mod.rs"]
mod app;
#[path = "openCard_client_v1.rs"]
mod board_open_card_client_v1;
#[path = "showCard_server_v1.rs"]
mod board_show_card_server_v1;

pub mod __sync {
    pub type App = crate::app::AppState;
}

pub mod sync_routes {
    pub(crate) mod board {
        pub(crate) mod show_card {
            pub(crate) const V1: ::sync_runtime::codegen::RouteId<v1::server::__SyncHandler> =
                ::sync_runtime::codegen::route("board/showCard", 1);
            pub(crate) mod v1 {
                pub(crate) use crate::board_show_card_server_v1 as server;
            }
        }
        pub(crate) mod open_card {
            pub(crate) const V1: ::sync_runtime::codegen::RouteId<
                v1::server::__SyncHandler,
                v1::client::__SyncHandler,
            > = ::sync_runtime::codegen::route("board/openCard", 1);
            pub(crate) mod v1 {
                pub(crate) use crate::board_open_card_client_v1 as client;
                pub(crate) use crate::board_show_card_server_v1 as server;
            }
        }
    }

    pub fn routes() -> ::sync_runtime::Routes<crate::__sync::App> {
        ::sync_runtime::Routes::new()
            .server(board::show_card::V1)
            .pair(board::open_card::V1)
    }
}
