//! The message of a variant, in English.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, spanned::Spanned};

/// A text that names fields of its variant in braces, or one that is sent as it is.
pub(super) enum Message {
    Format(LitStr),
    Plain(LitStr),
}

impl Message {
    /// The message that the attribute gives, for a variant with these fields.
    pub(super) fn format<'a>(
        text: LitStr,
        fields: impl Iterator<Item = &'a Ident>,
    ) -> syn::Result<Self> {
        let fields: Vec<String> = fields.map(ToString::to_string).collect();
        let value = text.value();
        let unknown = |name: &&str| !fields.iter().any(|field| field == name);
        match placeholders(&value).into_iter().find(unknown) {
            None => Ok(Self::Format(text)),
            Some(name) => {
                let known = match fields.join("}`, `{") {
                    none if none.is_empty() => "it has none".into(),
                    names => format!("there is `{{{names}}}`"),
                };
                let message = format!("`{{{name}}}` names no field of this variant: {known}");
                Err(syn::Error::new(text.span(), message))
            }
        }
    }

    /// The message where the attribute gives none: the first paragraph of the documentation, in which fields
    /// of the variant may be named, else the code.
    pub(super) fn documented<'a>(
        attributes: &[Attribute],
        code: &LitStr,
        fields: impl Iterator<Item = &'a Ident> + Clone,
    ) -> syn::Result<Self> {
        let Some(text) = documentation(attributes) else {
            return Ok(Self::Plain(code.clone()));
        };
        // Braces that name no field are nobody's mistake in a comment.
        let value = text.value();
        let named = placeholders(&value);
        if fields
            .clone()
            .any(|field| named.iter().any(|name| field == name))
        {
            Self::format(text, fields)
        } else {
            Ok(Self::Plain(text))
        }
    }

    /// The text, with the fields as variables in scope.
    pub(super) fn text(&self) -> TokenStream {
        match self {
            Self::Format(text) if text.value().contains(['{', '}']) => {
                quote!(::std::format!(#text))
            }
            Self::Format(text) | Self::Plain(text) => quote!(#text),
        }
    }
}

/// What is named in the braces of a format text, without its formatting (`{price:.2}`).
fn placeholders(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        if let Some(escaped) = after.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some((placeholder, after)) = after.split_once('}') else {
            break;
        };
        let name = placeholder.split(':').next().unwrap_or_default();
        names.push(name.trim());
        rest = after;
    }
    names
}

/// The first paragraph of an item's documentation, as one line.
fn documentation(attributes: &[Attribute]) -> Option<LitStr> {
    let texts = attributes.iter().filter_map(|attribute| {
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
        meta.path
            .is_ident("doc")
            .then(|| (text.value(), attribute.span()))
    });
    let lines: Vec<_> = texts
        .flat_map(|(text, span)| {
            let lines: Vec<_> = text
                .split('\n')
                .map(|line| plain(line).to_owned())
                .collect();
            lines.into_iter().map(move |line| (line, span))
        })
        .skip_while(|(line, _)| line.is_empty())
        .take_while(|(line, _)| !line.is_empty())
        .collect();
    let (_, span) = lines.first()?;
    let lines: Vec<_> = lines.iter().map(|(line, _)| line.as_str()).collect();
    Some(LitStr::new(&lines.join(" "), *span))
}

/// A line without the star that begins it in a comment of several lines.
fn plain(line: &str) -> &str {
    let line = line.trim();
    match line.strip_prefix('*') {
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => rest.trim_start(),
        _ => line,
    }
}
