//! Write a test once, run it embedded and distributed.

/// Makes two tests of each function: `embedded::name` and `distributed::name`. A function that is not listed is dead
/// code, which the checks refuse.
///
/// ```text
/// plaza_tests::both_setups!(the_first_account_is_an_admin);
///
/// async fn the_first_account_is_an_admin(setup: Setup) { … }
/// ```
#[macro_export]
macro_rules! both_setups {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::Setup::Embedded).await;
                }
            )+
        }

        mod distributed {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::Setup::Distributed).await;
                }
            )+
        }
    };
}
