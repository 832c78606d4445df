//! Which of the two kinds of file a handler stands in.

use std::path::Path;

use proc_macro2::TokenStream;
use syn::{FnArg, Signature, Type};

use super::types::{names_type, type_arguments};

/// The kind of a handler file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `<name>_server_v<N>.rs`
    Server,
    /// `<name>_client_v<N>.rs`
    Client,
}

impl Kind {
    /// The kind that a file's name says, if it is a handler file's name.
    pub(crate) fn of_file(file: &Path) -> Option<Self> {
        let stem = file.file_stem()?.to_str()?;
        let (rest, version) = stem.rsplit_once("_v")?;
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match rest.rsplit_once('_')?.1 {
            "server" => Some(Self::Server),
            "client" => Some(Self::Client),
            _ => None,
        }
    }

    /// The likely kind where the file's name is not to be had (editors expand macros without one):
    /// only a `_client` file takes the recipient or the server output, and only a server file says
    /// `auth`.
    pub(super) fn guess(args: &TokenStream, signature: &Signature) -> Self {
        let only_in_client =
            |ty: &Type| names_type(ty, "ServerOutput") || names_type(ty, "Recipient");
        let takes_client_parameter = signature.inputs.iter().any(|input| match input {
            FnArg::Typed(parameter) => {
                let ty = &*parameter.ty;
                only_in_client(ty) || type_arguments(ty).into_iter().any(only_in_client)
            }
            FnArg::Receiver(_) => false,
        });
        if args.is_empty() && takes_client_parameter {
            Self::Client
        } else {
            Self::Server
        }
    }
}
