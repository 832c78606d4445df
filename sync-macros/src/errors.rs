//! Several mistakes reported at once.

/// All values, or all errors.
pub(crate) fn collect<T>(results: impl Iterator<Item = syn::Result<T>>) -> syn::Result<Vec<T>> {
    let none = Ok(Vec::new());
    results.fold(none, |values, result| {
        let (mut values, value) = both(values, result)?;
        values.push(value);
        Ok(values)
    })
}

/// Both values, or the errors of both.
pub(crate) fn both<A, B>(a: syn::Result<A>, b: syn::Result<B>) -> syn::Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(mut errors), Err(error)) => {
            errors.combine(error);
            Err(errors)
        }
    }
}
