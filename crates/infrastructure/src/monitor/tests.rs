//! What the port answers, over a real connection.

use std::error::Error;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

type TestResult = Result<(), Box<dyn Error>>;

struct Running {
    address: SocketAddr,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Running {
    async fn start(vitals: Vitals) -> Result<Self, Box<dyn Error>> {
        let recorder = PrometheusBuilder::new().build_recorder();
        ::metrics::with_local_recorder(&recorder, || ::metrics::counter!("plaza_tasks_total").increment(3));
        let ask: AskVitals = Arc::new(move || vitals.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let monitor = Monitor { listener, address, metrics: recorder.handle() };
        monitor.spawn(ask, &tracker, shutdown.clone());
        Ok(Self { address, tracker, shutdown })
    }

    async fn ask(&self, request: &str) -> Result<String, Box<dyn Error>> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!("{request} HTTP/1.1\r\nHost: plaza\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await??;
        Ok(answer)
    }

    async fn stop(self) -> TestResult {
        self.shutdown.cancel();
        self.tracker.close();
        Ok(timeout(Duration::from_secs(5), self.tracker.wait()).await?)
    }
}

#[tokio::test]
async fn metrics_and_health_are_told_and_nothing_else() -> TestResult {
    let age = Some(Duration::from_millis(1500));
    let running = Running::start(Vitals { is_alive: true, worker_loop_age: age }).await?;
    let metrics = running.ask("GET /metrics").await?;
    assert!(metrics.starts_with("HTTP/1.1 200 ") && metrics.contains("plaza_tasks_total 3"), "{metrics}");
    let health = running.ask("GET /healthz").await?;
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
    assert!(health.ends_with(r#"{"status":"alive","worker_loop_age_seconds":1.5}"#), "{health}");
    assert!(running.ask("GET /secrets").await?.starts_with("HTTP/1.1 404 "));
    assert!(running.ask("DELETE /metrics").await?.starts_with("HTTP/1.1 405 "));
    running.stop().await
}

#[tokio::test]
async fn a_process_that_is_stuck_says_so() -> TestResult {
    let running = Running::start(Vitals { is_alive: false, worker_loop_age: None }).await?;
    let health = running.ask("GET /healthz").await?;
    assert!(health.starts_with("HTTP/1.1 503 ") && health.contains("\"stuck\""), "{health}");
    running.stop().await
}

#[tokio::test]
async fn connections_that_say_nothing_end_with_the_port() -> TestResult {
    let running = Running::start(Vitals { is_alive: true, worker_loop_age: None }).await?;
    let mut silent = TcpStream::connect(running.address).await?;
    running.ask("GET /healthz").await?;
    running.stop().await?;
    assert_eq!(timeout(Duration::from_secs(5), silent.read(&mut [0; 1])).await??, 0);
    Ok(())
}
