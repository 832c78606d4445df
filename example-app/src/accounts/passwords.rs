//! Hashing passwords with argon2id, off the threads that serve requests.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashes at a time. Each takes 19 MiB and a core for some tens of milliseconds; more at once
/// would let a burst of logins take the machine from everybody else.
const AT_ONCE: usize = 2;

/// Makes and checks password hashes.
#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// The hash of a password nobody knows: checked when there is no user, for the time it takes.
    decoy: Arc<str>,
}

/// Hashing did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The hasher refused, or a stored hash cannot be read.
    #[error("the password hash failed: {0}")]
    Hash(#[from] password_hash::Error),
    /// The hashing thread was lost.
    #[error("the hashing thread was lost: {0}")]
    Thread(#[from] tokio::task::JoinError),
    /// The server is going down.
    #[error("no more hashing: {0}")]
    Closed(#[from] tokio::sync::AcquireError),
}

impl Passwords {
    /// Ready to hash.
    pub async fn new() -> Result<Self, HashError> {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let decoy = uuid::Uuid::new_v4().to_string();
        let decoy = run(&slots, move || hash(decoy.as_bytes())).await?.into();
        Ok(Self { slots, decoy })
    }

    /// The password as a PHC string with its own salt.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        run(&self.slots, move || hash(password.as_bytes())).await
    }

    /// Whether the password is the one that was hashed. Without a hash it never is, and it takes
    /// as long to say so.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let right = run(&self.slots, move || verify(password.as_bytes(), &hash)).await?;
        Ok(known && right)
    }
}

async fn run<T: Send + 'static>(
    slots: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
) -> Result<T, HashError> {
    let slot = slots.clone().acquire_owned().await?;
    let result = tokio::task::spawn_blocking(move || {
        let result = work();
        // The thread runs to its end even when the request is gone: so does its slot.
        drop(slot);
        result
    })
    .await??;
    Ok(result)
}

fn hash(password: &[u8]) -> Result<String, password_hash::Error> {
    Ok(Argon2::default().hash_password(password)?.to_string())
}

fn verify(password: &[u8], hash: &str) -> Result<bool, password_hash::Error> {
    match Argon2::default().verify_password(password, hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_was_hashed_is_right() -> Result<(), HashError> {
        let passwords = Passwords::new().await?;
        let hash = passwords.hash("correct horse".into()).await?;
        assert!(hash.starts_with("$argon2id$"));
        assert!(
            passwords
                .verify("correct horse".into(), Some(hash.clone()))
                .await?
        );
        assert!(
            !passwords
                .verify("correct horses".into(), Some(hash))
                .await?
        );
        assert!(!passwords.verify("correct horse".into(), None).await?);
        Ok(())
    }
}
