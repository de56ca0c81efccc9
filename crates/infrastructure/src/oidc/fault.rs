//! What went wrong with a provider, in few words for the log: answers of providers hold tokens, and can be long.

use std::error::Error;

use plaza_application::ports::{BoxError, ProviderError};

const MAX_CHARS: usize = 400;

/// An error and its causes, as short text.
fn told(error: &dyn Error) -> BoxError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect::<String>().into()
}

pub(super) fn unavailable(error: impl Error) -> ProviderError {
    ProviderError::Unavailable(told(&error))
}

pub(super) fn unproven(error: impl Error) -> ProviderError {
    ProviderError::Unproven(told(&error))
}

pub(super) fn unproven_because(words: &str) -> ProviderError {
    ProviderError::Unproven(words.into())
}
