"""Writes the records of a batch side by side: the documents of one record in order, records in parallel.

Tasks go to one pool of threads, as many as requests may be under way. No thread waits for another: a
record is put into the pool when its customer is there. Only the thread that called reads and writes the
journal, and it notes results in portions, each in a short transaction.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from cartage.errors import BatchError, RecordError, RetryableError
from cartage.systems.netsuite.target_documents import newest_customer
from cartage.systems.netsuite.target_tieout import TieOut, must_tie_out
from cartage.systems.netsuite.target_verdicts import FAILED, verdict
from cartage.systems.netsuite.writing import Writer, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from cartage.records.outcome import Verdict
    from cartage.seams import Attempt, Claim, DocumentResult, Journal
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.target_deciding import Desk, DocumentId
    from cartage.systems.netsuite.target_documents import Document, Record
    from cartage.systems.netsuite.writing_orders import Decision

PORTION = 50
"""Records whose results are noted together."""
OUTAGE = 10
"""Failures in a row, at least, after which NetSuite is taken to be out of reach."""
TIED_TOGETHER = 200
"""Sales orders whose totals are read back together."""


@dataclass
class Progress:
    """How far one record is.

    Attributes:
        record: the record.
        results: results of its documents so far, in sending order.
        failure: why it stopped for now.
        attempts: requests of the document it stopped at.
    """

    record: Record
    results: list[DocumentResult] = field(default_factory=list)
    failure: RetryableError | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class Customer:
    """What became of a customer document that records wait for."""

    document: Document
    result: DocumentResult | None = None
    failure: RetryableError | None = None
    attempts: tuple[Attempt, ...] = ()


class Run:
    """One pass over the records of a batch.

    Args:
        hook: NetSuite's transport.
        pool: threads that send.
        desk: decides.
        writer: sends.
        tie_out: reads back.
        journal: intents and results.
    """

    def __init__(
        self,
        hook: NetSuiteHook,
        pool: ThreadPoolExecutor,
        *,
        desk: Desk,
        writer: Writer,
        tie_out: TieOut,
        journal: Journal,
    ) -> None:
        self._hook = hook
        self._pool = pool
        self._desk = desk
        self._writer = writer
        self._tie_out = tie_out
        self._journal = journal
        self._claims: dict[DocumentId, Claim] = {}
        self._held: dict[DocumentId, Claim] = {}
        self._decisions: Mapping[DocumentId, Decision | None] = {}
        self._customers: dict[DocumentId, Customer] = {}
        self._done: SimpleQueue[Callable[[], None] | BaseException] = SimpleQueue()
        self._queue: deque[Callable[[], Callable[[], None]]] = deque()
        self._under_way = 0
        self._failed_in_a_row = 0
        self._outage: RetryableError | None = None
        self._settled: list[DocumentResult] = []
        self._waiting: dict[DocumentId, list[Record]] = {}
        self._to_tie: list[Progress] = []
        self._finished: list[Progress] = []
        self.busy: list[Record] = []
        self.failures: list[RetryableError] = []

    def write(self, records: Sequence[Record]) -> Iterator[Verdict]:
        """Write the records and give a verdict for each that is done.

        Afterwards `busy` holds those whose documents another task writes now, `failures` why others
        could not be written for now.
        """
        try:
            free = self._claim(records)
            self._decisions = self._desk.decide(free, self._claims)
            waiting = [each for each in free if self._desk.needs_customer(each, self._decisions)]
            ready = self._claim_customers(waiting)
            skip = {each.row for each in waiting}
            self._start_customers(ready)
            for record in [each for each in free if each.row not in skip]:
                self._submit(self._write_record, record, ())
            yield from self._collect()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._release(self._held.values())

    def _claim(self, records: Sequence[Record]) -> list[Record]:
        """Claim all documents but customers; give the records that are free."""
        wanted = {document.id: document.wanted for record in records for document in record.sent}
        return self._take(wanted, records, lambda record: record.sent)

    def _take(
        self, wanted: Mapping[DocumentId, Any], records: Sequence[Record], of: Callable[[Record], list[Document]]
    ) -> list[Record]:
        for id_, claim in zip(wanted, self._journal.claim(list(wanted.values())) if wanted else (), strict=True):
            self._claims[id_] = claim
            if claim.granted and claim.done is None:
                self._held[id_] = claim
        free = []
        for record in records:
            if all(self._claims[each.id].granted for each in of(record)):
                free.append(record)
            else:
                self.busy.append(record)
        needed = {each.id for record in free for each in record.documents}
        busy = {each.id for record in self.busy for each in record.documents}
        self._release([claim for id_, claim in self._held.items() if id_ in busy - needed])
        return free

    def _claim_customers(self, records: Sequence[Record]) -> list[Record]:
        """Claim the customers that these records need, each once; give the records that are free."""
        wanted: dict[DocumentId, Document] = {}
        for record in records:
            for each in record.customers:
                rival = wanted.get(each.id)
                wanted[each.id] = each if rival is None else newest_customer(rival, each)
        ready = self._take({id_: each.wanted for id_, each in wanted.items()}, records, lambda record: record.customers)
        asked = {each.id for record in ready for each in record.customers}
        decisions = self._desk.customers([(wanted[id_], self._claims[id_]) for id_ in asked])
        for id_, decision in decisions.items():
            document, claim = wanted[id_], self._claims[id_]
            if decision.sends or self._desk.customer_needs_look(document, decision, claim):
                self._submit(self._write_customer, document, decision)
            else:
                self._customers[id_] = Customer(document, self._writer.apply(document, decision, {}))
        self._settled = [each.result for each in self._customers.values() if each.result]
        self._note_customers()
        return ready

    def _start_customers(self, records: Sequence[Record]) -> None:
        """Put records into the pool whose customers are settled; let the others wait for theirs."""
        for record in records:
            missing = next((each.id for each in record.customers if each.id not in self._customers), None)
            if missing is None:
                self._start(record)
            else:
                self._waiting.setdefault(missing, []).append(record)

    def _start(self, record: Record) -> None:
        """Send a record, or end it when its customer could not be settled."""
        customers = [self._customers[each.id] for each in record.customers]
        failed = next((each for each in customers if each.failure), None)
        results = [each.result for each in customers if each.result]
        if failed is not None:
            self._finished.append(Progress(record, failure=failed.failure))
        elif any(each.outcome in FAILED for each in results):
            self._finished.append(Progress(record, results))
        else:
            self._submit(self._write_record, record, tuple(results), first=True)

    def _submit(self, work: Callable[..., Callable[[], None]], *args: Any, first: bool = False) -> None:
        """Queue a task; what was begun goes before what is new, so that records end soon after they began."""
        task = partial(work, *args)
        if first:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def _pump(self) -> None:
        """Give the pool as much as keeps its threads busy; the rest waits here, where the order can change."""
        while self._queue and self._under_way < 2 * self._hook.throttle.concurrency:
            self._under_way += 1
            self._pool.submit(self._do, self._queue.popleft())

    def _do(self, task: Callable[[], Callable[[], None]]) -> None:
        try:
            self._done.put(task())
        except BaseException as error:  # noqa: BLE001, it is raised again by the thread that collects
            self._done.put(error)

    def _collect(self) -> Iterator[Verdict]:
        """Take what the threads finished until nothing is under way."""
        crash: BaseException | None = None
        while self._queue or self._under_way or self._finished or self._to_tie:
            self._pump()
            if self._under_way:
                crash = self._take_finished(crash)
            idle = not self._under_way and not self._queue
            if self._to_tie and (idle or len(self._to_tie) >= TIED_TOGETHER):
                batch, self._to_tie = self._to_tie, []
                self._submit(self._tie, batch, first=True)
                idle = False
            if idle or len(self._finished) >= PORTION:
                yield from self._note()
        if crash is not None:
            raise crash

    def _take_finished(self, crash: BaseException | None) -> BaseException | None:
        """Take all that is finished by now, at least one task, and note its customers in one transaction.

        So the ledger keeps up with the threads: the longer it takes, the more it is given at a time.
        """
        try:
            crash = self._take_one(crash)
            while not self._done.empty():
                crash = self._take_one(crash)
        finally:
            self._note_customers()
        return crash

    def _take_one(self, crash: BaseException | None) -> BaseException | None:
        """Take one finished task; a failure of the run is raised at once, a bug after all else is done."""
        done = self._done.get()
        self._under_way -= 1
        if not isinstance(done, BaseException):
            done()
            return crash
        if isinstance(done, BatchError) or not isinstance(done, Exception):
            raise done
        return crash or done

    def _write_customer(self, document: Document, decision: Decision) -> Callable[[], None]:
        """Send a customer; runs in a thread."""
        if self._outage is not None:
            failed = Customer(document, failure=self._outage)
            return lambda: self._customer_done(failed)
        with self._hook.recording() as attempted:
            try:
                if self._desk.customer_needs_look(document, decision, self._claims[document.id]):
                    decision = self._desk.customer_closer(document, decision)
                result = self._writer.apply(document, decision, {})
                customer = Customer(document, replace(result, attempts=kept(attempted)))
            except RecordError as refused:
                result = self._writer.refused(document, refused, decision.internal_id)
                customer = Customer(document, replace(result, attempts=kept(attempted)))
            except RetryableError as error:
                customer = Customer(document, failure=error, attempts=kept(attempted))
        return lambda: self._customer_done(customer)

    def _customer_done(self, customer: Customer) -> None:
        id_ = customer.document.id
        self._customers[id_] = customer
        self._watch(customer.failure)
        if customer.failure is not None:
            self._release([self._held[id_]], customer.attempts)
        elif customer.result is not None:
            self._settled.append(customer.result)
        self._start_customers(self._waiting.pop(id_, []))

    def _write_record(self, record: Record, customers: tuple[DocumentResult, ...]) -> Callable[[], None]:
        """Send a record's documents in order; runs in a thread."""
        progress = Progress(record, list(customers), failure=self._outage)
        ids = {each.document.external_id.lower(): each.internal_id for each in customers if each.internal_id}
        for document in record.sent if self._outage is None else ():
            with self._hook.recording() as attempted:
                try:
                    decision = self._decisions.get(document.id) or self._desk.closer(document, ids)
                    result = self._writer.apply(document, decision, ids)
                except RecordError as refused:
                    result = self._writer.refused(document, refused)
                except RetryableError as error:
                    progress.failure, progress.attempts = error, kept(attempted)
                    break
            progress.results.append(replace(result, attempts=kept(attempted)))
            if result.outcome in FAILED:
                break
            if result.internal_id:
                ids[document.external_id.lower()] = result.internal_id
        return lambda: self._record_done(progress)

    def _watch(self, failure: RetryableError | None) -> None:
        """Notice an outage: when nothing goes through any more, what is left is not even tried.

        Each try takes the hook's whole patience; a thousand of them would hold the task for hours.
        """
        self._failed_in_a_row = 0 if failure is None else self._failed_in_a_row + 1
        if failure is not None and self._failed_in_a_row >= max(OUTAGE, 2 * self._hook.throttle.concurrency):
            self._outage = failure

    def _record_done(self, progress: Progress) -> None:
        self._watch(progress.failure)
        results = {(each.document.type, each.document.external_id.lower()): each for each in progress.results}
        documents = [each for each in progress.record.orders if each.id in results and each.id in self._held]
        if any(must_tie_out(each, results[each.id]) for each in documents):
            self._to_tie.append(progress)
        else:
            self._finished.append(progress)

    def _tie(self, batch: list[Progress]) -> Callable[[], None]:
        """Read back what was written; runs in a thread."""
        written = []
        for progress in batch:
            results = {each.document.external_id.lower(): each for each in progress.results}
            for document in progress.record.orders:
                result = results.get(document.external_id.lower())
                if result is not None and must_tie_out(document, result):
                    written.append((document, result))
        try:
            checked = {each.document: each for each in self._tie_out.check(written)}
        except RetryableError as error:
            failure = error
            return lambda: self._tying_failed(batch, failure)
        for progress in batch:
            progress.results = [checked.get(each.document, each) for each in progress.results]
        return lambda: self._finished.extend(batch)

    def _tying_failed(self, batch: list[Progress], error: RetryableError) -> None:
        """Leave written orders unfinished, so that the next try finds them by their marks and ties them out."""
        for progress in batch:
            progress.results = []
            progress.failure = progress.failure or error
        self._finished.extend(batch)

    def _note(self) -> Iterator[Verdict]:
        """Note a portion of results, let go of what was not reached, and give verdicts."""
        portion, self._finished = self._finished, []
        results = {_id(each): each for progress in portion for each in progress.results if _id(each) in self._held}
        if results:
            self._journal.results(list(results.values()))
            for id_ in results:
                del self._held[id_]
        for progress in portion:
            left = [self._held[each.id] for each in progress.record.others if each.id in self._held]
            self._release(left[:1], progress.attempts)
            self._release(left[1:])
            if progress.failure is not None:
                self.failures.append(progress.failure)
            else:
                yield verdict(progress.record, progress.results)

    def _note_customers(self) -> None:
        """Note the customers that were settled since the last time: another batch may wait for one of them."""
        noted = [each for each in self._settled if _id(each) in self._held]
        self._settled = []
        if noted:
            self._journal.results(noted)
        for each in noted:
            del self._held[_id(each)]

    def _release(self, claims: Iterable[Claim], attempts: Sequence[Attempt] = ()) -> None:
        let_go = list(claims)
        if let_go or attempts:
            self._journal.release(let_go, attempts)
        for claim in let_go:
            self._held.pop((claim.document.type, claim.document.external_id.lower()), None)


def _id(result: DocumentResult) -> DocumentId:
    return result.document.type, result.document.external_id.lower()
