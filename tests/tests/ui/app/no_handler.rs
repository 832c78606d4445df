// What `include_routes!` adds to an app whose only handler file, the one that includes this, holds no
// handler.

::sync_runtime::codegen::no_handler!("src/board/_sync/moveCard_server_v1.rs");
