//! A request together with its route, as the stages of the pipeline hand it on to the fan-out.

use std::sync::Arc;

use socketioxide::socket::Sid;

use crate::{
    handler::context::Request,
    hooks::{RequestInfo, Visitor},
    repeats::MadeAs,
    route::Route,
    sender::Sender,
};

/// A request together with its route. What has been checked of it, the stage's own type says that
/// holds it.
pub(crate) struct Routed {
    pub(crate) route: Arc<Route>,
    pub(crate) request: Request,
    pub(crate) connection: Option<Sid>,
    pub(crate) ignore_self: bool,
    pub(crate) made_as: Option<MadeAs>,
}

impl Routed {
    /// Who sent it.
    pub(crate) fn sender(&self) -> Sender {
        let session = self.request.session.as_ref();
        Sender {
            connection: self.connection,
            session: session.map(|session| session.key().clone()),
            ignore_self: self.ignore_self,
        }
    }

    /// What hooks are told of it.
    pub(crate) fn info(&self) -> RequestInfo {
        RequestInfo {
            visitor: Visitor::new(self.connection, self.request.session.clone()),
            room: self.request.room.clone(),
            route: self.route.full_name.clone(),
            input: self.request.data.clone(),
            values: self.request.values.share(),
        }
    }
}
