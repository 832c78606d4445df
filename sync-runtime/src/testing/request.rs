//! Requests of a test's client.

use std::{collections::VecDeque, fmt};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};

use super::{
    client::TestClient,
    error::{Refused, TestError},
    heard,
    inbox::{Event, first},
    route::TestRoute,
};

/// A request that is made when it is awaited, with the route's output as its result: see
/// [`TestClient::request`].
#[must_use = "it is made when it is awaited"]
pub struct TestRequest<'a> {
    client: &'a TestClient,
    route: TestRoute,
    room: String,
    input: serde_json::Result<Value>,
    ignore_self: bool,
    request_id: Option<String>,
}

impl<'a> TestRequest<'a> {
    pub(super) fn new(
        client: &'a TestClient,
        route: TestRoute,
        room: &str,
        input: serde_json::Result<Value>,
    ) -> Self {
        Self {
            client,
            route,
            room: room.into(),
            input,
            ignore_self: false,
            request_id: None,
        }
    }

    /// Has the connections of this session not hear what it leads to.
    pub fn ignore_self(mut self) -> Self {
        self.ignore_self = true;
        self
    }

    /// Gives it an id, by which it runs once however often it is made.
    pub fn request_id(mut self, id: &str) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Makes the request and does not wait for its answer, so that what it sends meanwhile can be heard, or
    /// it be cancelled. When this is done the server has taken it in.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sync_runtime::testing::{TestClient, TestError};
    /// # async fn test(ada: TestClient) -> Result<(), TestError> {
    /// let answer = ada.request("chat/ask/v1", "chat", json!({ "text": "?" })).begin().await?;
    /// while let Some(piece) = answer.next().await? {
    ///     assert!(piece["text"].is_string());
    /// }
    /// let answered = answer.output().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the input cannot be written as JSON, or the server does not answer.
    pub async fn begin(self) -> Result<Begun<'a>, TestError> {
        let Self {
            client,
            route,
            room,
            input,
            ignore_self,
            request_id,
        } = self;
        let what = format!("`{}` in `{room}`", route.short_name());
        let input = input.map_err(|error| {
            TestError::Misused(format!("the input of {what} is no JSON: {error}"))
        })?;
        let mut packet = json!({
            "name": route.full_name(),
            "cb": route.short_name(),
            "data": input,
            "receiver": room,
            "ignoreSelf": ignore_self,
        });
        if let Some(id) = request_id {
            packet["requestId"] = id.into();
        }
        let index = client.link.emit("sync", packet).await?;
        let mut begun = Begun {
            client,
            what,
            answer: format!("sync-{index}"),
            progress: format!("sync-progress-{index}"),
            cancel_id: None,
        };
        begun.taken_in().await?;
        Ok(begun)
    }
}

impl<'a> IntoFuture for TestRequest<'a> {
    type Output = Result<Value, TestError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async { self.begin().await?.output().await }.boxed()
    }
}

impl fmt::Debug for TestRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRequest")
            .field("route", &self.route.short_name())
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

/// A request that has begun: see [`TestRequest::begin`].
pub struct Begun<'a> {
    client: &'a TestClient,
    /// What was asked, for people.
    what: String,
    /// The events of its answer and its progress.
    answer: String,
    progress: String,
    /// Of a request that was not refused at once.
    cancel_id: Option<String>,
}

impl Begun<'_> {
    /// The next payload of the `Stream` of the route's server file; `None` when the request is answered.
    ///
    /// # Errors
    /// When neither comes in time.
    pub async fn next(&self) -> Result<Option<Value>, TestError> {
        let link = &self.client.link;
        let coming = link.inbox.take(|events| self.next_of(events));
        let what = || format!("more of {}, or its answer", self.what);
        match link.wait(what, coming).await? {
            Next::Payload(payload) => Ok(Some(payload)),
            Next::Answer => Ok(None),
        }
    }

    /// Waits for the answer, and gives the route's output. Payloads that were not asked for are passed over.
    ///
    /// # Errors
    /// With [`TestError::Refused`] where it is answered with an error; when no answer comes in time.
    pub async fn output(self) -> Result<Value, TestError> {
        let what = || format!("the answer to {}", self.what);
        let mut answer = self.client.link.event(what, &self.answer).await?;
        let asked = || format!("{} of {}", self.what, self.client.link.who);
        Refused::read(asked, &answer)?;
        Ok(heard::output(answer["result"].take()))
    }

    /// Cancels the request. Its answer, `request.aborted` unless it came before, is still to be had with
    /// [`output`](Self::output).
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn cancel(&self) -> Result<(), TestError> {
        match &self.cancel_id {
            Some(id) => {
                self.client
                    .link
                    .say("syncCancel", &json!({ "cb": id }))
                    .await
            }
            None => Ok(()),
        }
    }

    /// Waits until the server says by what it can be cancelled, which is before anything else, or refuses
    /// it.
    async fn taken_in(&mut self) -> Result<(), TestError> {
        let link = &self.client.link;
        let coming = link.inbox.take(|events| self.next_of(events));
        let what = || format!("{} to be taken in", self.what);
        if let Next::Payload(first) = link.wait(what, coming).await? {
            self.cancel_id = first["__cancelId"].as_str().map(Into::into);
        }
        Ok(())
    }

    /// What has come next, if anything has. The answer stays where it is.
    fn next_of(&self, events: &mut VecDeque<Event>) -> Option<Next> {
        let progress = first(events, |event| event.name == self.progress);
        let is_answered = || events.iter().any(|event| event.name == self.answer);
        progress
            .map(Next::Payload)
            .or_else(|| is_answered().then_some(Next::Answer))
    }
}

/// What comes of a request that has begun.
enum Next {
    Payload(Value),
    Answer,
}

impl Drop for Begun<'_> {
    /// What came of it and was not asked for is for nobody.
    fn drop(&mut self) {
        let inbox = &self.client.link.inbox;
        inbox.forget(|event| event.name == self.progress || event.name == self.answer);
    }
}

impl fmt::Debug for Begun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Begun").field(&self.what).finish()
    }
}
