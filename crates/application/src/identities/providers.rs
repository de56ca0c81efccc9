//! The providers that the operator trusts.

use std::sync::Arc;

use plaza_domain::Issuer;

use crate::{
    Error, Result,
    ports::{IdentityProvider, ProviderInfo},
};

/// The providers that the operator trusts: each with an issuer of its own.
#[derive(Clone)]
pub(super) struct Providers(Vec<Arc<dyn IdentityProvider>>);

impl Providers {
    pub(super) fn new(providers: &[Arc<dyn IdentityProvider>]) -> Self {
        Self(providers.to_vec())
    }

    pub(super) fn get(&self, id: &str) -> Result<&dyn IdentityProvider> {
        let found = self.0.iter().find(|provider| provider.info().id == id);
        found.map(|provider| &**provider).ok_or(Error::NotFound("login provider"))
    }

    pub(super) fn list(&self) -> impl Iterator<Item = &ProviderInfo> {
        self.0.iter().map(|provider| provider.info())
    }

    pub(super) fn of(&self, issuer: &Issuer) -> Option<&ProviderInfo> {
        self.list().find(|info| info.issuer == *issuer)
    }
}
