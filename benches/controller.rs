//! What the Argo machines cost: one look decided by its analysis, one by the whole controller (rollout, pods, router),
//! and one whole rollout.

use std::hint::black_box;

use coalmine::analysis::{Asked, Evidence, Look, Reply, Run};
use coalmine::controller::argo::{Player, Settings};
use coalmine::controller::cluster::Readiness;
use coalmine::diagnostic::{DocumentId, Span};
use coalmine::policy::argo::spec::{
    Analysis, Background, Canary, CheckId, Kept, Managed, Metric, Step, StepKind, Strategy,
};
use coalmine::policy::condition::{Answer, Condition};
use coalmine::units::{Duration, Timestamp};
use criterion::{Criterion, criterion_group, criterion_main};

const NOWHERE: Span = Span {
    document: DocumentId(0),
    start: 0,
    end: 0,
};

struct AllWell;

impl Evidence for AllWell {
    fn ask(&mut self, _: &Look) -> Asked<'_> {
        Reply::Answer(Answer::Vector(&[0.01])).into()
    }
}

fn analysis() -> Analysis {
    Analysis {
        metrics: vec![Metric {
            name: "error-ratio".to_owned(),
            check: CheckId(0),
            span: NOWHERE,
            interval: Some(Duration::from_secs(30)),
            initial_delay: None,
            count: 0,
            failure_limit: 2,
            inconclusive_limit: 0,
            consecutive_error_limit: 4,
            consecutive_success_limit: 0,
            dry_run: false,
            success: Some(Condition::new("result[0] < 0.05")),
            failure: None,
            form: coalmine::policy::condition::AnswerForm::default(),
        }],
    }
}

fn canary() -> Canary {
    let steps = [20, 40, 60, 80].into_iter().flat_map(|weight| {
        let pause = StepKind::Pause(Some(Duration::from_mins(3)));
        [StepKind::SetWeight(weight), pause]
    });
    Canary {
        replicas: 10,
        max_surge: 3,
        max_unavailable: 2,
        max_weight: 100,
        routed: true,
        managed: Managed::default(),
        dynamic_stable_scale: false,
        min_pods: 0,
        steps: steps.map(|kind| Step::new(NOWHERE, kind)).collect(),
        background: Some(Background {
            starting_step: 1,
            analysis: analysis(),
        }),
        abort_scale_down_delay: Duration::from_secs(30),
        verifies: false,
        abort_delay_stated: false,
        scale_down_delay: Duration::from_secs(30),
        progress_threshold: None,
        min_ready: Duration::ZERO,
        progress_deadline: Duration::from_secs(600),
        progress_deadline_abort: false,
        rollback_window: 0,
        kept: Kept::default(),
    }
}

fn bench(criterion: &mut Criterion) {
    let analysis = analysis();
    let mut run = Run::default();
    run.start(&analysis, 0, Timestamp::ZERO);
    criterion.bench_function("one look decided", |bencher| {
        bencher.iter(|| {
            let now = run.next_wake(&analysis).expect("it goes on");
            run.wake(&analysis, now, |moment| moment, &mut AllWell, &mut |looked| {
                black_box(looked);
            })
        });
    });
    let spec = Strategy::Canary(canary());
    let readiness = Readiness {
        canary: Some(Duration::from_secs(20)),
        stable: Some(Duration::from_secs(20)),
        min_ready: Duration::ZERO,
    };
    let mut player = Player::new(&spec, Settings::new(readiness));
    let mut waiting = canary();
    waiting.steps = vec![
        Step::new(NOWHERE, StepKind::SetWeight(20)),
        Step::new(NOWHERE, StepKind::Pause(None)),
    ];
    let waiting = Strategy::Canary(waiting);
    let mut waits = Player::new(&waiting, Settings::new(readiness));
    waits.start(&waiting, Timestamp::ZERO);
    let mut wake = move || {
        let now = waits.next_wake(&waiting).expect("it looks on");
        let decision = waits.wake(&waiting, now, &mut AllWell, &mut |told| {
            black_box(told);
        });
        black_box(decision);
        now
    };
    // Until its pods are there and nothing but looks wakes it.
    while wake() < Timestamp::from_secs(3600) {}
    criterion.bench_function("one look decided by the whole controller", |bencher| {
        bencher.iter(&mut wake);
    });
    criterion.bench_function("one rollout, a look every 30 s for 12 min", |bencher| {
        bencher.iter(|| {
            player.start(&spec, Timestamp::ZERO);
            let mut told = 0u32;
            while let Some(now) = player.next_wake(&spec) {
                let decision = player.wake(&spec, now, &mut AllWell, &mut |_| told += 1);
                black_box(decision);
            }
            told
        });
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
