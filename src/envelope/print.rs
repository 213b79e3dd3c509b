//! Printing a plaintext in another format, or a part of it.

use zeroize::Zeroizing;

use crate::document::{EmitError, Format, KeyPath};

use super::Options;
use super::error::Error;

/// Prints a plaintext of one format in another. Of a stream, the first document.
///
/// # Errors
/// The text is not of its format, or the other format cannot hold it.
pub fn convert(from: Format, text: &[u8], to: Format, options: &Options) -> Result<Zeroizing<Vec<u8>>, Error> {
    extract(from, text, &KeyPath::default(), to, options)
}

/// Prints what stands at a path of the first document. A string is printed bare.
///
/// # Errors
/// Nothing is there, or the format cannot hold it.
pub fn extract(
    from: Format,
    text: &[u8],
    path: &KeyPath,
    to: Format,
    options: &Options,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = from.plain_syntax(options.reading).parse(text)?;
    let node = document.find(path).ok_or_else(|| Error::ExtractPath(path.clone()))?;
    if let Some(shadowed) = document.shadowed_in(node) {
        let message =
            format!("the key {:?} is in a section several times, and only the last one could be printed", shadowed.key);
        return Err(EmitError(message).into());
    }
    Ok(Zeroizing::new(to.syntax().emit(&document, node, options.layout)?))
}
