//! One-time tickets.

use plaza_application::{Error, Result};

use crate::world::World;

#[tokio::test]
async fn a_ticket_works_once() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let tickets = &world.services.tickets;
    let ticket = tickets.issue(&ada).await?;
    assert_eq!(tickets.redeem(&ticket).await?, ada);
    assert!(matches!(tickets.redeem(&ticket).await, Err(Error::Unauthenticated(_))));
    Ok(())
}

#[tokio::test]
async fn a_ticket_that_nobody_issued_is_refused() {
    let world = World::new();
    for ticket in ["", "ticket:x"] {
        let refused = world.services.tickets.redeem(ticket).await;
        assert!(matches!(refused, Err(Error::Unauthenticated(_))));
    }
}

#[tokio::test]
async fn a_ticket_ends_with_its_session() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let ticket = world.services.tickets.issue(&ada).await?;
    world.services.auth.logout(&ada).await?;
    assert!(matches!(world.services.tickets.redeem(&ticket).await, Err(Error::Unauthenticated(_))));
    Ok(())
}
