//! Session tokens, and the keys that stand for them everywhere but in the client.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use sha2::{Digest, Sha256};

/// Bytes of randomness in a token: 256 bits, out of reach of guessing.
const TOKEN_BYTES: usize = 32;

/// The longest token that is looked at. A cookie can be longer than any token of ours.
const MAX_TOKEN_CHARS: usize = 256;

/// Hex digits of a key: 256 bits.
const KEY_DIGITS: usize = 64;

/// The secret that names a session. It cannot be displayed, and its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Box<str>);

impl Token {
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex(&bytes).into()))
    }

    /// A token as a client sent it, or `None` when it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plausible = !text.is_empty()
            && text.len() <= MAX_TOKEN_CHARS
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(text.into()))
    }

    /// What a store keeps instead of the token.
    pub fn key(&self) -> SessionKey {
        SessionKey(hex(&Sha256::digest(self.0.as_bytes())).into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// What tells a session from others without being its secret: the SHA-256 of its token, in hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionKey(Arc<str>);

impl Hash for SessionKey {
    /// A part is enough: it is a digest, and as random as a hash of all of it. Sessions are looked for
    /// once for each request.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let part = self.0.as_bytes().first_chunk::<16>();
        u128::from_ne_bytes(part.copied().unwrap_or_default()).hash(state);
    }
}

impl SessionKey {
    /// The key that [`as_str`](Self::as_str) gave, or `None` when it cannot have been one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_key = text.len() == KEY_DIGITS && text.bytes().all(is_digit);
        is_key.then(|| Self(text.into()))
    }

    /// The key as 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({})", self.0.get(..8).unwrap_or_default())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_are_never_the_same() -> Result<(), getrandom::Error> {
        let (one, other) = (Token::random()?, Token::random()?);
        assert!(one != other);
        assert_eq!(one.reveal().len(), 2 * TOKEN_BYTES);
        Ok(())
    }

    #[test]
    fn a_token_is_not_readable_from_its_debug_or_its_key() -> Result<(), getrandom::Error> {
        let token = Token::random()?;
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert!(!token.key().as_str().contains(token.reveal()));
        Ok(())
    }

    #[test]
    fn what_cannot_be_a_token_is_not_looked_up() {
        assert!(Token::parse("").is_none());
        assert!(Token::parse("with space").is_none());
        assert!(Token::parse(&"x".repeat(MAX_TOKEN_CHARS + 1)).is_none());
        assert!(Token::parse("bench-17").is_some());
    }

    #[test]
    fn a_key_is_read_back_from_its_text_and_nothing_else_is() {
        let key = Token::parse("abc").map(|token| token.key());
        let text = key.as_ref().map_or("", SessionKey::as_str);
        assert_eq!(SessionKey::parse(text), key);
        for other in ["", "abc", &text[1..], &text.to_uppercase(), &"g".repeat(64)] {
            assert_eq!(SessionKey::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_is_the_sha_256_of_the_token() {
        let key = Token::parse("abc").map(|token| token.key());
        assert_eq!(
            key.as_ref().map(SessionKey::as_str),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
    }
}
