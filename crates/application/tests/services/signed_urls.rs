//! Links to files that work without a login.

use std::time::Duration;

use chrono::TimeDelta;
use plaza_application::{DEFAULT_LINK_TTL, Error, FilePart, Result, SignedLink};
use plaza_domain::{FileId, VariantName};

use crate::{files::upload, world::World};

async fn given_link(world: &World) -> Result<SignedLink> {
    let (ada, _) = world.people().await?;
    let file_id = upload(world, &ada, "notes.txt", b"words").await?.file.id;
    world.services.signed_urls.sign(&ada, file_id, FilePart::Original, DEFAULT_LINK_TTL).await
}

async fn open(world: &World, link: &SignedLink) -> Result<u64> {
    let SignedLink { file_id, part, expires_at, signature } = link;
    let opened = world.services.signed_urls.open(*file_id, *part, expires_at.timestamp(), signature).await;
    opened.map(|linked| linked.content.size)
}

#[tokio::test]
async fn a_link_works_until_it_ends() -> Result<()> {
    let world = World::new();
    let link = given_link(&world).await?;
    assert_eq!(open(&world, &link).await?, 5);
    world.clock.advance(Duration::from_secs(299));
    assert_eq!(open(&world, &link).await?, 5);
    world.clock.advance(Duration::from_secs(61));
    assert!(matches!(open(&world, &link).await, Err(Error::Forbidden(_))));
    Ok(())
}

#[tokio::test]
async fn a_link_is_good_for_what_it_says_and_nothing_else() -> Result<()> {
    let world = World::new();
    let link = given_link(&world).await?;
    let other = FileId::new(uuid::Uuid::from_u128(link.file_id.uuid().as_u128() + 1));
    for forged in [
        SignedLink { file_id: other, ..link.clone() },
        SignedLink { part: FilePart::Variant(VariantName::Preview), ..link.clone() },
        SignedLink { expires_at: link.expires_at + TimeDelta::seconds(60), ..link.clone() },
        SignedLink { signature: String::new(), ..link.clone() },
    ] {
        assert!(matches!(open(&world, &forged).await, Err(Error::Forbidden(_))), "{forged:?}");
    }
    Ok(())
}

#[tokio::test]
async fn only_who_may_see_a_file_gets_a_link() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let file_id = upload(&world, &ada, "notes.txt", b"words").await?.file.id;
    let links = &world.services.signed_urls;
    let stranger = links.sign(&grace, file_id, FilePart::Original, DEFAULT_LINK_TTL).await;
    assert!(matches!(stranger, Err(Error::NotFound("file"))));
    let thumbnail = FilePart::Variant(VariantName::Thumbnail);
    let too_early = links.sign(&ada, file_id, thumbnail, DEFAULT_LINK_TTL).await;
    assert!(matches!(too_early, Err(Error::NotFound("variant"))));
    for seconds in [0, 299, 901] {
        let refused = links.sign(&ada, file_id, FilePart::Original, Duration::from_secs(seconds)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{seconds}");
    }
    Ok(())
}

#[tokio::test]
async fn the_same_link_is_given_again_within_a_minute() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file_id = upload(&world, &ada, "notes.txt", b"words").await?.file.id;
    let links = &world.services.signed_urls;
    world.clock.advance(Duration::from_secs(1));
    let first = links.sign(&ada, file_id, FilePart::Original, DEFAULT_LINK_TTL).await?;
    world.clock.advance(Duration::from_secs(58));
    let second = links.sign(&ada, file_id, FilePart::Original, DEFAULT_LINK_TTL).await?;
    assert_eq!(first, second);
    Ok(())
}

#[tokio::test]
async fn a_link_ends_at_a_full_minute_after_5_to_15() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file_id = upload(&world, &ada, "notes.txt", b"words").await?.file.id;
    for step in [0, 1, 999, 29_000, 30_000] {
        world.clock.advance(Duration::from_millis(step));
        for seconds in [300, 301, 599, 841, 900] {
            let ttl = Duration::from_secs(seconds);
            let links = &world.services.signed_urls;
            let SignedLink { part, expires_at, signature, .. } =
                links.sign(&ada, file_id, FilePart::Original, ttl).await?;
            assert_eq!(expires_at.timestamp() % 60, 0);
            let opened = links.open(file_id, part, expires_at.timestamp(), &signature).await?;
            let (least, most) = (Duration::from_secs(300), Duration::from_secs(900));
            assert!((least..=most).contains(&opened.ends_in), "{seconds}: {:?}", opened.ends_in);
        }
    }
    Ok(())
}
