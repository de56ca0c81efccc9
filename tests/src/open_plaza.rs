//! A Plaza whose database a test can look into, and write to without telling anybody.

use std::{sync::Arc, time::Duration};

use plaza_domain::Store;
use plaza_infrastructure::db::{DatabaseSettings, connect};

use crate::{
    Options, Plaza, Setup,
    servers::{postgres_database, scratch::Scratch},
};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Its servers, its database, and the folder that both need.
pub struct OpenPlaza {
    /// Its servers.
    pub plaza: Plaza,
    /// Its database.
    pub store: Arc<dyn Store>,
    _folder: Scratch,
}

impl OpenPlaza {
    /// Starts one with what `prepare` makes of the usual options.
    pub async fn start(setup: Setup, prepare: impl FnOnce(Options) -> Options) -> Self {
        let folder = Scratch::new("open").expect("a folder for a database");
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
