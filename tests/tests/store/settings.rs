//! Facts about the server as a whole.

use std::sync::Arc;

use plaza_domain::Store;

use super::Outcome;

pub(crate) async fn what_was_saved_last_counts(store: Arc<dyn Store>) -> Outcome {
    let find = async |key: &str| store.read().await?.settings().find(key).await;
    assert_eq!(find("place").await?, None);
    for value in ["here", "", "there"] {
        let mut work = store.begin().await?;
        work.settings().save("place", value).await?;
        work.commit().await?;
        assert_eq!(find("place").await?.as_deref(), Some(value));
    }
    assert_eq!(find("another place").await?, None);
    Ok(())
}
