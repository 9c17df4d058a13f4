'use strict';

/**
 * The log of one feed: a file of JSON lines, `<feed>.log.jsonl`, that Cartage reads.
 *
 * A line for each element that was not taken as it stood, then a last one with counts. Nothing of the platform is
 * used here, so that it runs anywhere.
 */

var SUFFIX = '.log.jsonl';

/**
 * Begins a log.
 *
 * @param {Object} about - what the summary says of the feed: feed, job, execution, mode
 * @param {Function} write - takes a line, without its end
 */
function ImportLog(about, write) {
    this.about = about;
    this.write = write;
    this.elements = {};
    this.skipped = 0;
    this.errors = 0;
    this.warnings = 0;
}

/**
 * Counts an element.
 *
 * @param {string} element - its name
 * @returns {number} its position among its kind, from 1
 */
ImportLog.prototype.seen = function (element) {
    this.elements[element] = (this.elements[element] || 0) + 1;
    return this.elements[element];
};

/**
 * Writes a line about an element, or about the feed where `element` is null.
 *
 * @param {string} severity - DATAERROR, DATAWARNING, or ERROR when the feed is refused
 * @param {string} code - why, for programs
 * @param {string} message - why, for people
 * @param {Object} at - element, ids and position; skipped is true unless said otherwise
 */
ImportLog.prototype.say = function (severity, code, message, at) {
    var skipped = at.skipped !== false;
    if (severity === 'DATAWARNING') {
        this.warnings += 1;
    } else {
        this.errors += 1;
    }
    if (skipped && at.element) {
        this.skipped += 1;
    }
    this.write(JSON.stringify({
        severity: severity,
        code: code,
        element: at.element || null,
        ids: at.ids || {},
        position: at.position || null,
        line: at.line || null,
        skipped: skipped,
        message: message
    }));
};

/**
 * Writes the summary.
 *
 * @param {string} status - OK, or ERROR when the feed was refused
 * @param {string} startedAt - ISO 8601, in UTC
 * @param {string} finishedAt - likewise
 * @returns {Object} the summary
 */
ImportLog.prototype.close = function (status, startedAt, finishedAt) {
    var total = 0;
    var name;
    for (name in this.elements) { // eslint-disable-line no-restricted-syntax
        total += this.elements[name];
    }
    var summary = {
        feed: this.about.feed,
        job: this.about.job,
        execution: this.about.execution,
        mode: this.about.mode,
        status: status,
        started_at: startedAt,
        finished_at: finishedAt,
        elements: this.elements,
        imported: total - this.skipped,
        skipped: this.skipped,
        errors: this.errors,
        warnings: this.warnings
    };
    this.write(JSON.stringify({ summary: summary }));
    return summary;
};

module.exports = { ImportLog: ImportLog, SUFFIX: SUFFIX };
