//! What `#[sync_error(...)]` says of a variant.

use syn::{LitInt, LitStr, Variant};

#[derive(Default)]
pub(super) struct Attributes {
    pub(super) code: Option<LitStr>,
    pub(super) status: Option<LitInt>,
    pub(super) message: Option<LitStr>,
    pub(super) internal: bool,
    pub(super) from: bool,
}

const KNOWN: &str = "`#[sync_error]` takes: `code`, `status`, `message`, `internal`, `from`";

impl Attributes {
    pub(super) fn of(variant: &Variant) -> syn::Result<Self> {
        let mut attributes = Self::default();
        for attribute in &variant.attrs {
            if !attribute.path().is_ident("sync_error") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(ToString::to_string);
                match key.as_deref() {
                    Some("code") => attributes.code = Some(code(meta.value()?.parse()?)?),
                    Some("status") => attributes.status = Some(status(meta.value()?.parse()?)?),
                    Some("message") => attributes.message = Some(meta.value()?.parse()?),
                    Some("internal") => attributes.internal = true,
                    Some("from") => attributes.from = true,
                    Some(key) => {
                        return Err(meta.error(format!("unknown argument `{key}`; {KNOWN}")));
                    }
                    None => return Err(meta.error(KNOWN)),
                }
                Ok(())
            })?;
        }
        Ok(attributes)
    }
}

fn code(literal: LitStr) -> syn::Result<LitStr> {
    let code = literal.value();
    let refuse = |message| Err(syn::Error::new(literal.span(), message));
    if code.starts_with("sync.") {
        return refuse("codes that begin with `sync.` are the framework's own");
    }
    let well_formed = code.split('.').all(|part| {
        let mut bytes = part.bytes();
        !part.is_empty()
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if !well_formed {
        return refuse(
            "a code is made of letters, digits, `_` and `-` in parts joined by dots: `board.cardNotFound`",
        );
    }
    Ok(literal)
}

fn status(literal: LitInt) -> syn::Result<LitInt> {
    match literal.base10_parse::<u16>() {
        Ok(400..=599) => Ok(literal),
        _ => Err(syn::Error::new(
            literal.span(),
            "the status of an error is between 400 and 599",
        )),
    }
}
