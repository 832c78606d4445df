//! `#[derive(SyncError)]`: parsing and expansion, as ordinary functions.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Ident, Lit, LitInt, LitStr, Meta, Type,
    Variant, spanned::Spanned,
};

use crate::errors;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    syn::parse2(item)
        .and_then(|input| derive(&input))
        .unwrap_or_else(syn::Error::into_compile_error)
}

fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(
            input.ident.span(),
            "`#[derive(SyncError)]` belongs on an enum: each variant is one error with a code",
        ));
    };
    let variants = data.variants.iter().map(ErrorVariant::of);
    let variants = errors::collect(variants)?;

    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let codes = variants.iter().filter_map(|variant| match &variant.kind {
        Kind::Coded { code, .. } => Some(code),
        Kind::Internal { .. } => None,
    });
    let arms = variants.iter().map(ErrorVariant::arm);
    let conversions = variants.iter().filter_map(|variant| match &variant.kind {
        Kind::Internal { from: Some(source) } => {
            let variant = variant.ident;
            Some(quote! {
                impl #generics ::core::convert::From<#source> for #name #arguments #bounds {
                    fn from(source: #source) -> Self {
                        Self::#variant(source)
                    }
                }
            })
        }
        _ => None,
    });
    Ok(quote! {
        impl #generics ::sync_runtime::codegen::SyncError for #name #arguments #bounds {
            const CODES: &'static [&'static str] = &[#(#codes),*];

            fn into_failure(self) -> ::sync_runtime::codegen::Failure {
                match self { #(#arms)* }
            }
        }

        impl #generics ::core::convert::From<#name #arguments> for ::sync_runtime::codegen::Failure #bounds {
            fn from(error: #name #arguments) -> Self {
                ::sync_runtime::codegen::SyncError::into_failure(error)
            }
        }

        #(#conversions)*
    })
}

struct ErrorVariant<'a> {
    ident: &'a Ident,
    fields: &'a Fields,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Coded {
        code: LitStr,
        status: Option<LitInt>,
        message: Message,
    },
    Internal {
        /// The type that converts into the variant.
        from: Option<&'a Type>,
    },
}

/// A message as the attribute gives it, with fields in braces, or a plain text.
enum Message {
    Format(LitStr),
    Plain(LitStr),
}

impl<'a> ErrorVariant<'a> {
    fn of(variant: &'a Variant) -> syn::Result<Self> {
        let attributes = Attributes::of(variant)?;
        let kind = match attributes {
            Attributes {
                internal: true,
                code: None,
                status: None,
                message: None,
                from,
            } => Kind::Internal {
                from: internal_source(variant, from)?,
            },
            Attributes { internal: true, .. } => {
                return Err(syn::Error::new(
                    variant.ident.span(),
                    "an `internal` variant has no code, status or message: clients hear `sync.serverExecutionFailed`",
                ));
            }
            Attributes { from: true, .. } => {
                return Err(syn::Error::new(
                    variant.ident.span(),
                    "`from` goes with `internal`: `#[sync_error(internal, from)]`",
                ));
            }
            Attributes { code: None, .. } => {
                return Err(syn::Error::new(
                    variant.ident.span(),
                    "give this variant a code, `#[sync_error(code = \"board.cardNotFound\")]`, or mark it `#[sync_error(internal)]`",
                ));
            }
            Attributes {
                code: Some(code),
                status,
                message,
                ..
            } => {
                if let Fields::Unnamed(fields) = &variant.fields {
                    return Err(syn::Error::new_spanned(
                        fields,
                        "name the fields of this variant: they are the parameters of its message",
                    ));
                }
                let message = message.map(Message::Format);
                let message = message.or_else(|| documentation(&variant.attrs).map(Message::Plain));
                Kind::Coded {
                    message: message.unwrap_or_else(|| Message::Plain(code.clone())),
                    code,
                    status,
                }
            }
        };
        Ok(Self {
            ident: &variant.ident,
            fields: &variant.fields,
            kind,
        })
    }

    fn arm(&self) -> TokenStream {
        let ident = self.ident;
        match &self.kind {
            Kind::Internal { .. } => match self.fields {
                Fields::Unnamed(_) => quote! {
                    Self::#ident(source) => ::sync_runtime::codegen::Failure::internal(source),
                },
                Fields::Named(_) | Fields::Unit => {
                    let name = LitStr::new(&ident.to_string(), Span::call_site());
                    quote! {
                        Self::#ident { .. } => ::sync_runtime::codegen::Failure::internal(#name),
                    }
                }
            },
            Kind::Coded {
                code,
                status,
                message,
            } => {
                let fields: Vec<&Ident> = self
                    .fields
                    .iter()
                    .filter_map(|field| field.ident.as_ref())
                    .collect();
                let keys = fields
                    .iter()
                    .map(|field| LitStr::new(&camel_case(field), field.span()));
                let message = match message {
                    Message::Format(text) if !fields.is_empty() => quote!(::std::format!(#text)),
                    Message::Format(text) | Message::Plain(text) => quote!(#text),
                };
                let status = status.as_ref().map(|status| quote!(.status(#status)));
                quote! {
                    Self::#ident { #(#fields),* } => ::sync_runtime::codegen::Failure::new(#code, #message)
                        #status
                        #(.param(#keys, #fields))*,
                }
            }
        }
    }
}

fn internal_source(variant: &Variant, from: bool) -> syn::Result<Option<&Type>> {
    match &variant.fields {
        Fields::Unit if !from => Ok(None),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(fields
            .unnamed
            .first()
            .map(|field| &field.ty)
            .filter(|_| from)),
        _ => Err(syn::Error::new_spanned(
            variant,
            "an `internal` variant holds one value, the error that is logged: `Database(sqlx::Error)`",
        )),
    }
}

#[derive(Default)]
struct Attributes {
    code: Option<LitStr>,
    status: Option<LitInt>,
    message: Option<LitStr>,
    internal: bool,
    from: bool,
}

impl Attributes {
    fn of(variant: &Variant) -> syn::Result<Self> {
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
                    _ => {
                        return Err(meta.error(
                            "`#[sync_error]` takes: `code`, `status`, `message`, `internal`, `from`",
                        ));
                    }
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
    let well_formed = !code.is_empty()
        && code.split('.').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
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

/// The first line of an item's documentation.
fn documentation(attributes: &[Attribute]) -> Option<LitStr> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &meta.value
        else {
            return None;
        };
        let line = text.value();
        let line = line.lines().map(str::trim).find(|line| !line.is_empty())?;
        meta.path
            .is_ident("doc")
            .then(|| LitStr::new(line, attribute.span()))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn errors_of(item: TokenStream) -> Vec<String> {
        let input: DeriveInput = syn::parse2(item).expect("an item");
        match derive(&input) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
        }
    }

    #[test]
    fn every_variant_without_a_code_is_reported() {
        let errors = errors_of(quote!(
            enum E {
                A,
                #[sync_error(code = "a.b")]
                B,
                C,
            }
        ));
        assert_eq!(errors.len(), 2);
        assert!(errors[0].contains("give this variant a code"), "{errors:?}");
    }

    #[test]
    fn a_mistake_in_an_attribute_says_what_to_write() {
        for (item, said) in [
            (
                quote!(
                    struct S;
                ),
                "belongs on an enum",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(code = "sync.mine")]
                        A,
                    }
                ),
                "the framework's own",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(code = "a..b")]
                        A,
                    }
                ),
                "joined by dots",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(code = "a", status = 200)]
                        A,
                    }
                ),
                "between 400 and 599",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(kode = "a")]
                        A,
                    }
                ),
                "`#[sync_error]` takes: `code`",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(code = "a")]
                        A(u32),
                    }
                ),
                "name the fields",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(internal, status = 500)]
                        A,
                    }
                ),
                "clients hear",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(code = "a", from)]
                        A,
                    }
                ),
                "`from` goes with `internal`",
            ),
            (
                quote!(
                    enum E {
                        #[sync_error(internal, from)]
                        A,
                    }
                ),
                "holds one value",
            ),
        ] {
            let errors = errors_of(item.clone());
            assert_eq!(errors.len(), 1, "{item}: {errors:?}");
            assert!(errors[0].contains(said), "{item}: {errors:?}");
        }
    }
}
