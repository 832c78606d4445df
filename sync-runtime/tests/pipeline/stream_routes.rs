//! A route for each thing that streams can do.

use sync_runtime::{Routes, codegen::route};

use crate::app::AppState;

pub fn add(routes: Routes<AppState>) -> Routes<AppState> {
    routes
        .server::<count::__SyncHandler>(route("stream/count", 1))
        .server::<say::__SyncHandler>(route("stream/say", 1))
        .server::<tell::__SyncHandler>(route("stream/tell", 1))
        .server::<tell_me::__SyncHandler>(route("stream/tellMe", 1))
        .server::<endless::__SyncHandler>(route("stream/endless", 1))
        .server::<replayed::__SyncHandler>(route("stream/replayed", 1))
        .server::<list::__SyncHandler>(route("stream/list", 1))
        .pair::<translated_server::__SyncHandler, translated_client::__SyncHandler>(route(
            "stream/translated",
            1,
        ))
}

mod count {
    use sync_runtime::prelude::*;

    #[derive(Deserialize, TS)]
    pub struct Count {
        to: u32,
    }

    #[derive(Serialize, TS)]
    pub struct Step {
        pub step: u32,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(count): Input<Count>, steps: Stream<Step>) {
        for step in 1..=count.to {
            tokio::task::yield_now().await;
            steps.send(&Step { step });
        }
    }
}

mod say {
    use sync_runtime::prelude::*;

    #[derive(Deserialize, TS)]
    pub struct Say {
        pub pieces: Vec<String>,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(say): Input<Say>, said: Broadcast<Chunk>, pressure: FlushPressure) {
        for chunk in say.pieces {
            said.send(&Chunk { chunk });
            pressure.wait().await;
        }
    }
}

mod tell {
    use sync_runtime::prelude::*;

    use super::count::Step;

    #[derive(Deserialize, TS)]
    pub struct Tell {
        users: Vec<String>,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(tell): Input<Tell>, steps: StreamTo<Step>) {
        steps.users(tell.users).send(&Step { step: 7 });
    }
}

mod tell_me {
    use sync_runtime::prelude::*;

    use super::count::Step;
    use crate::app::User;

    #[sync_handler(auth = login)]
    pub async fn main(user: Session<User>, steps: StreamTo<Step>) {
        steps.sessions([user.key()]).send(&Step { step: 8 });
    }
}

mod endless {
    use sync_runtime::prelude::*;

    use super::count::Step;
    use crate::app::AppState;

    #[sync_handler(auth = login)]
    pub async fn main(steps: Broadcast<Step>, cancel: Cancel, State(app): State<AppState>) {
        // What a handler begins elsewhere goes on without it.
        let elsewhere = steps.clone();
        tokio::spawn(async move {
            cancel.cancelled().await;
            loop {
                app.ticks.notify_waiters();
                elsewhere.send(&Step { step: 0 });
                tokio::task::yield_now().await;
            }
        });
        let last_words = StreamThrottle::mapped(steps.clone(), |_| Step { step: 99 });
        last_words.push("I was");
        steps.send(&Step { step: 1 });
        std::future::pending::<()>().await;
    }
}

mod replayed {
    use sync_runtime::prelude::*;

    use super::say::Say;
    use crate::app::AppState;

    #[sync_handler(auth = login, replay, on_disconnect = finish)]
    pub async fn main(Input(say): Input<Say>, State(app): State<AppState>, said: Broadcast<Chunk>) {
        for chunk in say.pieces {
            said.send(&Chunk { chunk });
        }
        app.go_on.notified().await;
        said.send(&Chunk::from(", and so on".to_owned()));
    }
}

mod list {
    use sync_runtime::prelude::*;

    #[sync_handler(auth = login)]
    pub async fn main(numbers: Broadcast<Vec<u32>>) {
        numbers.send(&vec![1, 2]);
    }
}

mod translated_server {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Text {
        pub text: String,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(text): Input<Text>) -> Text {
        text
    }
}

mod translated_client {
    use sync_runtime::prelude::*;

    use super::translated_server::Text;
    use crate::app::User;

    #[sync_handler]
    pub async fn main(
        text: ServerOutput<Text>,
        recipient: Recipient<User>,
        translation: Stream<Chunk>,
    ) {
        translation.send(&Chunk::from(format!("{}: ", recipient.name)));
        tokio::task::yield_now().await;
        translation.send(&Chunk::from(text.text.clone()));
    }
}
