//! The name of a Redis's data, which is in all its offsets: by it nodes on different Redis are noticed.

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::{
    history::{Epoch, LogUnavailable},
    observe,
};

/// Of how many names it is remembered that they are known, or have been told of.
const REMEMBERED: usize = 64;

/// The name, once it is known.
#[derive(Default)]
pub(super) struct ClusterId {
    id: OnceCell<String>,
    /// Others that it has had since, and those that the operator has been told of.
    others: Mutex<Vec<String>>,
}

impl ClusterId {
    pub(super) async fn get<F: Future<Output = Result<String, LogUnavailable>>>(
        &self,
        ask: impl FnOnce() -> F,
    ) -> Result<&str, LogUnavailable> {
        self.id.get_or_try_init(ask).await.map(String::as_str)
    }

    /// Tells the operator of an offset that is of another Redis's data. A client has it from a node that
    /// is not on this one, or this one has lost its data.
    pub(super) async fn check<F: Future<Output = Result<String, LogUnavailable>>>(
        &self,
        epoch: &Epoch,
        ask: impl FnOnce() -> F,
    ) {
        let Some((of, _)) = epoch.as_str().rsplit_once('-') else {
            return;
        };
        let is_own = self.id.get().is_some_and(|id| id == of);
        if is_own {
            return;
        }
        observe::foreign_offset();
        if self.others.lock().iter().any(|other| other == of) {
            return;
        }
        // It may be the name that this Redis has got since.
        let is_new = ask().await.is_ok_and(|id| id == of);
        let mut others = self.others.lock();
        if others.len() >= REMEMBERED {
            others.clear();
        }
        others.push(of.into());
        if !is_new {
            tracing::error!(
                data = of,
                "a client knows a room from another Redis, or this one has lost its data: are all nodes on one Redis?"
            );
        }
    }
}
