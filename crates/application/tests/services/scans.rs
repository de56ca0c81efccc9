//! Files that wait for the scanner, or in which it found something.

use std::sync::Arc;

use plaza_application::{Actor, DEFAULT_LINK_TTL, Error, FilePart, Result, SignedLink, ports::MockScanner};
use plaza_domain::{File, FileId, ScanState, VariantName};

use crate::{files::upload, world::World};

/// A world in which uploads wait for a scanner.
fn scanning() -> World {
    World::with_ports(|ports| ports.scanner = Some(Arc::new(MockScanner::new())))
}

async fn change(world: &World, id: FileId, change: impl FnOnce(&mut File)) -> Result<()> {
    let mut work = world.ports.store.begin().await?;
    let mut file = work.files().lock(id).await?.ok_or(Error::NotFound("file"))?;
    change(&mut file);
    work.files().update(&file).await?;
    Ok(work.commit().await?)
}

/// Every way to the bytes of a file, and how it ends.
async fn all_ways(world: &World, actor: &Actor, id: FileId, link: Option<&SignedLink>) -> Vec<Result<()>> {
    let (files, links) = (&world.services.files, &world.services.signed_urls);
    let mut ends = vec![
        files.content(actor, id).await.map(drop),
        files.variant(actor, id, VariantName::Thumbnail).await.map(drop),
        links.sign(actor, id, FilePart::Original, DEFAULT_LINK_TTL).await.map(drop),
    ];
    if let Some(SignedLink { file_id, part, expires_at, signature }) = link {
        ends.push(links.open(*file_id, *part, expires_at.timestamp(), signature).await.map(drop));
    }
    ends
}

#[tokio::test]
async fn nobody_is_given_what_nobody_has_looked_through() -> Result<()> {
    let world = scanning();
    let (ada, _) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    assert_eq!(file.scan, ScanState::Pending);
    for end in all_ways(&world, &ada, file.id, None).await {
        assert!(matches!(end, Err(Error::NotScanned { .. })), "{end:?}");
    }
    change(&world, file.id, |file| file.scan = ScanState::Clean).await?;
    world.services.files.content(&ada, file.id).await?;
    Ok(())
}

#[tokio::test]
async fn nobody_is_given_what_is_infected_also_by_a_link_from_before() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    assert_eq!(file.scan, ScanState::NotRequired);
    let links = &world.services.signed_urls;
    let link = links.sign(&ada, file.id, FilePart::Original, DEFAULT_LINK_TTL).await?;
    change(&world, file.id, |file| file.scan = ScanState::Infected).await?;
    for end in all_ways(&world, &ada, file.id, Some(&link)).await {
        assert!(matches!(end, Err(Error::Infected)), "{end:?}");
    }
    assert_eq!(
        world.services.files.get(&ada, file.id).await?.0.id,
        file.id,
        "that it was there is no secret"
    );
    Ok(())
}

#[tokio::test]
async fn who_may_not_see_a_file_does_not_learn_that_it_is_infected() -> Result<()> {
    let world = scanning();
    let (ada, grace) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    for end in all_ways(&world, &grace, file.id, None).await {
        assert!(matches!(end, Err(Error::NotFound("file"))), "{end:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_ends_with_its_file() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    let links = &world.services.signed_urls;
    let link = links.sign(&ada, file.id, FilePart::Original, DEFAULT_LINK_TTL).await?;
    change(&world, file.id, |file| file.deleted_at = Some(file.created_at)).await?;
    for end in all_ways(&world, &ada, file.id, Some(&link)).await {
        assert!(matches!(end, Err(Error::NotFound("file"))), "{end:?}");
    }
    Ok(())
}
