//! The function that the attribute stands on.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, TokenStreamExt};
use syn::{
    Attribute, Signature, Visibility,
    parse::{Parse, ParseStream},
};

/// A function whose body is left as it is: what is unfinished or wrong in there is the compiler's to
/// say.
pub(super) struct Function {
    attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    body: TokenStream,
}

impl Function {
    /// The `#[sync_handler]` above the function, where an error of the attribute as a whole belongs.
    pub(super) fn attribute_span(&self) -> Span {
        // In the context of the function: with its own span, rustc would add that the error comes
        // from a macro.
        let function = self.signature.fn_token.span;
        function.located_at(Span::call_site())
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attributes);
        self.visibility.to_tokens(tokens);
        self.signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
