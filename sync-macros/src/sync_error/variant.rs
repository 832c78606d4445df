//! A variant of the enum, as one error.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Fields, Ident, LitInt, LitStr, Type, Variant, spanned::Spanned};

use super::{attributes::Attributes, message::Message};

pub(super) struct ErrorVariant<'a> {
    pub(super) ident: &'a Ident,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// For clients.
    Coded {
        code: LitStr,
        status: Option<LitInt>,
        message: Message,
        fields: Vec<Field<'a>>,
    },
    /// For the log, with the error that happened, if the variant holds one.
    Internal {
        source: Option<&'a Type>,
        from: bool,
    },
}

/// A named field, which clients receive as a parameter.
struct Field<'a> {
    ident: &'a Ident,
    ty: &'a Type,
}

impl<'a> ErrorVariant<'a> {
    pub(super) fn of(variant: &'a Variant) -> syn::Result<Self> {
        let refuse = |message| Err(syn::Error::new(variant.ident.span(), message));
        let kind = match Attributes::of(variant)? {
            Attributes {
                internal: true,
                code: None,
                status: None,
                message: None,
                from,
            } => internal(variant, from)?,
            Attributes { internal: true, .. } => {
                return refuse(
                    "an `internal` variant has no code, status or message: clients hear `sync.serverExecutionFailed`",
                );
            }
            Attributes { from: true, .. } => {
                return refuse("`from` goes with `internal`: `#[sync_error(internal, from)]`");
            }
            Attributes { code: None, .. } => {
                return refuse(
                    "give this variant a code, `#[sync_error(code = \"board.cardNotFound\")]`, or mark it `#[sync_error(internal)]`",
                );
            }
            Attributes {
                code: Some(code),
                status,
                message,
                ..
            } => {
                let fields = named(&variant.fields)?;
                let names = fields.iter().map(|field| field.ident);
                let message = match message {
                    Some(text) => Message::format(text, names)?,
                    None => Message::documented(&variant.attrs, &code, names)?,
                };
                Kind::Coded {
                    code,
                    status,
                    message,
                    fields,
                }
            }
        };
        Ok(Self {
            ident: &variant.ident,
            kind,
        })
    }

    /// The code, if clients hear of it.
    pub(super) fn code(&self) -> Option<&LitStr> {
        match &self.kind {
            Kind::Coded { code, .. } => Some(code),
            Kind::Internal { .. } => None,
        }
    }

    /// The HTTP status, as far as clients hear of it.
    pub(super) fn status(&self) -> Option<u16> {
        match &self.kind {
            Kind::Coded { status, .. } => match status {
                None => Some(400),
                Some(status) => status.base10_parse().ok(),
            },
            Kind::Internal { .. } => None,
        }
    }

    /// The type that converts into it.
    pub(super) fn converts_from(&self) -> Option<&Type> {
        match self.kind {
            Kind::Internal {
                source: Some(source),
                from: true,
            } => Some(source),
            _ => None,
        }
    }

    /// The arm of a `match` that makes it a `Failure`.
    pub(super) fn arm(&self) -> TokenStream {
        let ident = self.ident;
        match &self.kind {
            Kind::Internal { source: None, .. } => {
                let name = LitStr::new(&ident.to_string(), Span::call_site());
                quote!(Self::#ident => ::sync_runtime::codegen::Failure::internal(#name),)
            }
            Kind::Internal {
                source: Some(source),
                ..
            } => {
                let failure = quote_spanned!(source.span()=> <#source as ::sync_runtime::codegen::Logged>::into_failure(source));
                quote!(Self::#ident(source) => #failure,)
            }
            Kind::Coded {
                code,
                status,
                message,
                fields,
            } => {
                let text = message.text();
                let status = status.as_ref().map(|status| quote!(.status(#status)));
                let names = fields.iter().map(|field| &field.ident);
                let params = fields.iter().map(|Field { ident, ty }| {
                    let key = LitStr::new(&camel_case(ident), ident.span());
                    let value = quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::Parameter>::into_value(#ident));
                    quote!(.param(#key, #value))
                });
                quote! {
                    Self::#ident { #(#names),* } =>
                        ::sync_runtime::codegen::Failure::new(#code, #text) #status #(#params)*,
                }
            }
        }
    }
}

fn named<'a>(fields: &'a Fields) -> syn::Result<Vec<Field<'a>>> {
    match fields {
        Fields::Unnamed(fields) => Err(syn::Error::new_spanned(
            fields,
            "name the fields of this variant: they are the parameters of its message",
        )),
        Fields::Named(_) | Fields::Unit => {
            let named = |field: &'a syn::Field| {
                let ident = field.ident.as_ref()?;
                Some(Field {
                    ident,
                    ty: &field.ty,
                })
            };
            Ok(fields.iter().filter_map(named).collect())
        }
    }
}

fn internal(variant: &Variant, from: bool) -> syn::Result<Kind<'_>> {
    let mut fields = variant.fields.iter();
    match (&variant.fields, fields.next(), fields.next()) {
        (Fields::Unit, ..) if !from => Ok(Kind::Internal { source: None, from }),
        (Fields::Unnamed(_), Some(field), None) => Ok(Kind::Internal {
            source: Some(&field.ty),
            from,
        }),
        _ => Err(syn::Error::new(
            variant.ident.span(),
            "an `internal` variant holds one value, the error that is logged: `Database(sqlx::Error)`",
        )),
    }
}

/// A field's name as clients see the names of fields.
fn camel_case(field: &Ident) -> String {
    let snake = format_ident!("{field}").to_string();
    let mut words = snake.trim_start_matches("r#").split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &initial.into_iter().chain(letters).collect::<String>()
    })
}
