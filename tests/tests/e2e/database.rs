//! A Plaza whose database a test can look into, and write to without telling anybody.

use std::{sync::Arc, time::Duration};

use plaza_domain::Store;
use plaza_infrastructure::db::{DatabaseSettings, connect};
use plaza_tests::{Options, Plaza, Setup, servers::postgres_database};
use tempfile::TempDir;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Its servers, its database, and the folder that both need.
pub(crate) struct OpenPlaza {
    pub(crate) plaza: Plaza,
    pub(crate) store: Arc<dyn Store>,
    _folder: TempDir,
}

impl OpenPlaza {
    pub(crate) async fn start(setup: Setup, prepare: impl FnOnce(Options) -> Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = match setup {
            Setup::Embedded => format!("sqlite:{}", folder.path().join("plaza.db").display()),
            Setup::Distributed => postgres_database().await,
        };
        let options = Options::new(setup).variable("PLAZA_DATABASE__URL", &url);
        let plaza = prepare(options).start().await;
        let settings = DatabaseSettings { url, max_connections: 2, acquire_timeout: ACQUIRE_TIMEOUT };
        let store = connect(&settings).await.expect("the same database");
        Self { plaza, store: Arc::new(store), _folder: folder }
    }
}
