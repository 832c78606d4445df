//! A client of a test.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use super::{
    error::{Refused, TestError},
    heard::{self, Heard},
    inbox::first,
    link::Link,
    quiet,
    request::TestRequest,
    route::TestRoute,
};
use crate::{connection::Connection, wire::DELIVERIES};

/// Somebody who is connected, as a browser would be.
///
/// What it hears is kept until the test asks for it. Dropped, it closes its connection;
/// [`disconnect`](Self::disconnect) also waits for that.
pub struct TestClient {
    pub(super) link: Arc<Link>,
    /// Closes the connection.
    _open: DropGuard,
    connection: Weak<Connection>,
}

impl TestClient {
    pub(super) fn new(link: Arc<Link>, open: DropGuard, connection: Weak<Connection>) -> Self {
        Self {
            link,
            _open: open,
            connection,
        }
    }

    /// Another connection of the same session: another tab of the browser, or the same one after it was
    /// away. It is in the rooms of the session.
    ///
    /// # Errors
    /// When the server refuses the connection.
    pub async fn connect_again(&self) -> Result<Self, TestError> {
        let Link {
            test, who, cookie, ..
        } = &*self.link;
        Link::open(test, who.clone(), cookie.clone()).await
    }

    /// The `Cookie` header of its session, for requests to axum routes of the app or to routes over HTTP;
    /// `None` where nobody is logged in.
    pub fn cookie(&self) -> Option<&HeaderValue> {
        self.link.cookie.as_ref()
    }

    /// Joins a room.
    ///
    /// # Errors
    /// When it may not, or is not answered.
    pub async fn join(&self, room: &str) -> Result<(), TestError> {
        let answer = self.call("joinRoom", json!({ "group": room }));
        answer.await.map(drop)
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// When it may not, or is not answered.
    pub async fn leave(&self, room: &str) -> Result<(), TestError> {
        let answer = self.call("leaveRoom", json!({ "group": room }));
        answer.await.map(drop)
    }

    /// The rooms it is in, the oldest first.
    ///
    /// # Errors
    /// When it is not answered.
    pub async fn rooms(&self) -> Result<Vec<String>, TestError> {
        let answer = self.call("getJoinedRooms", json!({})).await?;
        Vec::deserialize(&answer["rooms"])
            .map_err(|error| TestError::Unexpected(format!("{answer} has no rooms: {error}")))
    }

    /// Makes a request when it is awaited, and gives the route's output.
    ///
    /// That is when the request is answered: deliveries to the room come after it.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sync_runtime::testing::{TestClient, TestError};
    /// # async fn test(ada: TestClient) -> Result<(), TestError> {
    /// let input = json!({ "cardId": "7", "toLane": "done" });
    /// let moved = ada.request("board/moveCard/v1", "board:demo", input).await?;
    /// assert_eq!(moved["movedBy"], "ada");
    /// # Ok(()) }
    /// ```
    pub fn request(
        &self,
        route: impl Into<TestRoute>,
        room: &str,
        input: impl Serialize,
    ) -> TestRequest<'_> {
        TestRequest::new(self, route.into(), room, serde_json::to_value(input))
    }

    /// The next delivery of a route. What came before it stays to be heard.
    ///
    /// # Errors
    /// With [`TestError::Refused`] where its `_client` file failed or refused it for this client; when none
    /// comes in time.
    pub async fn hear(&self, route: impl Into<TestRoute>) -> Result<Heard, TestError> {
        let route = self.known(route.into())?;
        let what = || format!("a delivery of `{}`", route.short_name());
        let delivery = self.delivery(&route, false, what).await?;
        let who = &self.link.who;
        Heard::read(|| format!("{}, for {who},", what()), delivery).map_err(Into::into)
    }

    /// The next payload that a route sends this client while it runs: by `Broadcast`, by `StreamTo`, or by
    /// the `Stream` of its `_client` file. Those of the `Stream` of its server file come with
    /// [`TestRequest::begin`].
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn hear_stream(&self, route: impl Into<TestRoute>) -> Result<Value, TestError> {
        let route = self.known(route.into())?;
        let what = || format!("a payload of the stream of `{}`", route.short_name());
        let delivery = self.delivery(&route, true, what).await?;
        Ok(heard::payload(delivery))
    }

    /// Makes sure that there is no delivery of any route, stream payloads included, that the test has not
    /// asked for yet.
    ///
    /// It waits until nothing runs on the server any more: no request of the test's clients or over HTTP,
    /// no publication. Then it asks the server something, and what was sent before the answer has come
    /// before it. So what all these led to was heard by then, however long that took. Not waited for are
    /// tasks that the app has spawned and that publish later. A request that never ends is to be cancelled
    /// first.
    ///
    /// # Errors
    /// When it heard something; when something runs for too long.
    pub async fn hears_nothing(&self) -> Result<(), TestError> {
        let Link {
            test, who, inbox, ..
        } = &*self.link;
        // One that has come back and said nothing yet is only now sent what was recorded since.
        self.rooms().await?;
        let quiet = async {
            quiet::quiet(&test.server, &test.watched).await;
            quiet::caught_up(&self.connection).await;
        };
        if timeout(test.patience, quiet).await.is_err() {
            return Err(TestError::TimedOut(format!(
                "whether {who} hears nothing is not known: requests or publications still run after {:?}",
                test.patience
            )));
        }
        self.rooms().await?;
        match inbox.told_of(DELIVERIES) {
            None => Ok(()),
            Some(heard) => Err(TestError::Unexpected(format!(
                "{who} was to hear nothing; {heard}"
            ))),
        }
    }

    /// The next event of another name: `sync-room-left`, `sync-session-ended`, `sync-presence`, ...
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn hear_event(&self, event: &str) -> Result<Value, TestError> {
        let what = || format!("the event `{event}`");
        self.link.event(what, event).await
    }

    /// Sends an event of another name, such as `watchPresence` or `resume`, and gives its answer.
    ///
    /// # Errors
    /// When it is refused, or not answered.
    pub async fn call(&self, event: &str, payload: Value) -> Result<Value, TestError> {
        let asked = payload["group"].as_str();
        let asked = asked.map_or_else(|| event.to_owned(), |room| format!("{event} `{room}`"));
        let index = self.link.emit(event, payload).await?;
        let what = || format!("the answer to {asked}");
        let answer = self.link.event(what, &format!("{event}-{index}")).await?;
        Refused::read(|| format!("{asked} of {}", self.link.who), &answer)?;
        Ok(answer)
    }

    /// Closes the connection, and waits until the server has taken it out of its rooms. Its session lives:
    /// with [`connect_again`](Self::connect_again) it comes back.
    ///
    /// # Errors
    /// When the server does not take note of it in time.
    pub async fn disconnect(&self) -> Result<(), TestError> {
        let Link { test, who, .. } = &*self.link;
        let gone = async {
            self.link.close().await;
            quiet::gone(&test.server, &self.connection).await;
        };
        timeout(test.patience, gone).await.map_err(|_| {
            let problem = format!("{who} is still connected after {:?}", test.patience);
            TestError::TimedOut(problem)
        })
    }

    async fn delivery(
        &self,
        route: &TestRoute,
        is_stream: bool,
        what: impl FnOnce() -> String,
    ) -> Result<Value, TestError> {
        let coming = self.link.inbox.take(|events| {
            first(events, |event| {
                event.name == DELIVERIES
                    && event.payload["fullName"] == route.full_name()
                    && heard::is_stream(&event.payload) == is_stream
            })
        });
        self.link.wait(what, coming).await
    }

    /// A route that something can be heard of.
    fn known(&self, route: TestRoute) -> Result<TestRoute, TestError> {
        let routes = &self.link.test.server.routes;
        match routes.named(route.full_name()) {
            Some(_) => Ok(route),
            None => Err(TestError::Misused(format!(
                "the app has no route `{}`",
                route.short_name()
            ))),
        }
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient")
            .field("who", &self.link.who)
            .finish_non_exhaustive()
    }
}
