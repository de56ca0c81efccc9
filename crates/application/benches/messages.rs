//! What a message costs without a database and a network: posting it through the committer's batches onto the store in
//! memory, and reading a page of history back. `cargo bench -p plaza-application --bench messages`.

use std::error::Error;

use divan::{Bencher, counter::ItemsCount};
use futures::future::join_all;
use plaza_application::{
    Actor, LimitSettings, MessageInput, NewRoom, Registration, Services, Settings, memory,
};
use plaza_domain::{Device, MessageKind, RoomId, repository::HistoryRange};
use tokio::runtime::Runtime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PASSWORD: &str = "correct horse battery staple";
/// As long as the messages of `plaza-bench`.
const CONTENT: &str =
    "the quick brown fox jumps over the lazy dog and comes back for more of it, again and again, every day";
const LENGTH: usize = 1_000;
const PAGE: u64 = 50;

fn main() {
    divan::main();
}

/// A room with one member, on a server without HTTP.
struct World {
    runtime: Runtime,
    services: Services,
    ada: Actor,
    room_id: RoomId,
}

impl World {
    fn new() -> Outcome<Self> {
        let runtime = Runtime::new()?;
        let (services, ada, room_id) = runtime.block_on(async {
            let limits = LimitSettings { enabled: false, ..LimitSettings::default() };
            let settings = Settings { limits, ..Settings::default() };
            // Nobody ends it: it goes with its runtime.
            let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
            let services = Services::start(&memory::ports(), &settings, &tracker, &shutdown);
            let registration = Registration {
                email: "ada@example.org".to_owned(),
                username: "ada".to_owned(),
                display_name: None,
                password: PASSWORD.to_owned(),
                invitation_code: None,
                device: Device::default(),
            };
            services.auth.register(registration).await?;
            let login = services.auth.login("ada", PASSWORD, Device::default()).await?;
            let ada = services.auth.authenticate(&login.access_token).await?;
            let room = NewRoom { name: "Engines".to_owned(), description: String::new(), is_private: false };
            let room = services.rooms.create(&ada, room).await?;
            Ok::<_, Box<dyn Error + Send + Sync>>((services, ada, room.id))
        })?;
        Ok(Self { runtime, services, ada, room_id })
    }

    /// Posts so many messages at once.
    fn post(&self, count: usize) -> Outcome<()> {
        let posting = (0..count).map(|_| self.services.messages.post(&self.ada, self.room_id, said()));
        for posted in self.runtime.block_on(join_all(posting)) {
            posted?;
        }
        Ok(())
    }
}

fn said() -> MessageInput {
    MessageInput {
        kind: MessageKind::Text,
        content: CONTENT.to_owned(),
        file_id: None,
        image_url: None,
        parent_id: None,
        client_id: None,
    }
}

/// A benchmark has no result: what has failed is told.
fn tell(outcome: Outcome<()>) {
    if let Err(error) = outcome {
        eprintln!("not measured: {error}");
    }
}

/// One waits for its own batch; many share batches.
#[divan::bench(args = [1, 16, 256])]
fn post(bencher: Bencher, at_once: usize) {
    tell(World::new().map(|world| bencher.counter(ItemsCount::new(at_once)).bench(|| world.post(at_once))));
}

#[divan::bench]
fn page_of_history(bencher: Bencher) {
    let read = || {
        let world = World::new()?;
        world.post(LENGTH)?;
        let range = HistoryRange::Newest;
        bencher.counter(ItemsCount::new(PAGE)).bench(|| {
            let page = world.services.messages.history(&world.ada, world.room_id, range, PAGE);
            world.runtime.block_on(page)
        });
        Ok(())
    };
    tell(read());
}
