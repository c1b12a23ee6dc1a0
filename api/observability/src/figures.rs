//! The recorder of a process, with the bounds of its histograms.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use std::sync::OnceLock;

/// The upper bounds of whatever is measured in seconds: from a round trip to the database to a job that waits for somebody
/// else's server.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// The upper bounds of how many commands were written together; a lane writes at most a thousand transfers at once.
const COMMANDS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];

/// The figures of this process. Clones are the same figures.
#[derive(Debug, Clone)]
pub struct Figures {
    recorder: PrometheusHandle,
    process: Collector,
}

impl Figures {
    /// The figures of this process. The first call installs the recorder: what was counted before is lost.
    ///
    /// # Panics
    ///
    /// When the process has a recorder that is not this one.
    pub fn of_process() -> Figures {
        static FIGURES: OnceLock<Figures> = OnceLock::new();
        FIGURES.get_or_init(Figures::install).clone()
    }

    fn install() -> Figures {
        let recorder = PrometheusBuilder::new()
            .set_buckets(SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_commands".into()), COMMANDS))
            .expect("there are bounds")
            .install_recorder()
            .expect("no other recorder is installed");
        let process = Collector::default();
        process.describe();
        // As Prometheus' users expect it: a figure that is always 1, with the version as its label.
        metrics::describe_gauge!("commonpurse_build_info", "Always 1; the label says which version runs.");
        metrics::gauge!("commonpurse_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        Figures { recorder, process }
    }

    /// All figures in Prometheus' text format. Those of the process itself, such as its memory, are read now.
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorder.render()
    }

    /// Adds up what was measured since the last time. Call it every few seconds: until then each measurement is kept.
    pub fn upkeep(&self) {
        self.recorder.run_upkeep();
    }
}
