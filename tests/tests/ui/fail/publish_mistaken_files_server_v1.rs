#![no_main]
include!("../app/server_file.rs");

use sync_runtime::{Publisher, RouteId, prelude::*};

#[derive(Serialize, TS)]
pub struct CardMoved {
    pub card_id: String,
}

#[sync_handler(auth = login, hurry)]
pub async fn main() -> CardMoved {
    unreachable!()
}

// That a route has a mistake is told once, and not where it is published.
pub async fn tell(publisher: &Publisher, moved: CardMoved) -> Result<usize, Failure> {
    const MOVE_CARD: RouteId<__SyncHandler> = ::sync_runtime::codegen::route("board/moveCard", 1);
    publisher.publish(MOVE_CARD, "board:demo", &moved).await
}
