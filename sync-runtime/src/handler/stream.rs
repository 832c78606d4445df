//! Streams as parameters of handlers.

use super::{
    context::{FanoutContext, RecipientContext, RequestContext},
    extract::FromRequest,
    recipient::FromFanout,
};
use crate::{
    App, Failure,
    stream::{Broadcast, Cancel, FlushPressure, Stream, StreamPayload, StreamTo},
    typescript::TypeSink,
};

impl<A: App, P: StreamPayload> FromRequest<A> for Stream<P> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self::to_originator(cx.streams()?))
    }

    fn describe(types: &mut impl TypeSink) {
        P::describe_server(types);
    }
}

impl<A: App, P: StreamPayload> FromRequest<A> for Broadcast<P> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self::of(cx.streams()?))
    }

    fn describe(types: &mut impl TypeSink) {
        P::describe_room(types);
    }
}

impl<A: App, P: StreamPayload> FromRequest<A> for StreamTo<P> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self::of(cx.streams()?))
    }

    fn describe(types: &mut impl TypeSink) {
        P::describe_room(types);
    }
}

impl<A: App> FromRequest<A> for FlushPressure {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self::of(cx.streams()?, cx.cancelled().clone()))
    }

    fn describe(types: &mut impl TypeSink) {
        types.takes_streams();
    }
}

impl<A: App> FromRequest<A> for Cancel {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(cx.cancelled().clone()))
    }
}

impl<A: App, P: StreamPayload> FromFanout<A> for Stream<P> {
    type Shared = ();

    fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
        Ok(())
    }

    async fn for_recipient((): &(), cx: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        let (gate, outlet) = cx.stream()?;
        Ok(Self::to_recipient(gate, outlet))
    }

    fn describe(types: &mut impl TypeSink) {
        P::describe_client(types);
    }
}
