'use strict';

/**
 * Job step: writes states, tracking numbers and custom attributes of shipments from the feeds that Cartage leaves.
 *
 * Every order is a transaction of its own, so that one at fault costs no other. What was skipped stands in a log beside
 * the feed. A feed that was read goes to the folder archive, one that was refused to error.
 */

var File = require('dw/io/File');
var FileReader = require('dw/io/FileReader');
var FileWriter = require('dw/io/FileWriter');
var OrderMgr = require('dw/order/OrderMgr');
var Site = require('dw/system/Site');
var Status = require('dw/system/Status');
var Transaction = require('dw/system/Transaction');
var XMLStreamConstants = require('dw/io/XMLStreamConstants');
var XMLStreamReader = require('dw/io/XMLStreamReader');

var files = require('../cartage/files');
var importLog = require('../cartage/importLog');
var shipmentFeed = require('../cartage/shipmentFeed');
var shipmentOrders = require('../cartage/shipmentOrders');

/**
 * Runs the step.
 *
 * @param {Object} parameters - WorkingFolder, FileNamePattern
 * @param {dw.job.JobStepExecution} execution - the execution
 * @returns {dw.system.Status} OK, NO_FILES_FOUND or ERROR
 */
function execute(parameters, execution) {
    var site = String(Site.getCurrent().getID());
    var pattern = parameters.FileNamePattern || quoted(site) + '_.*\\.xml';
    var feeds = files.matching(files.folder(parameters.WorkingFolder), pattern);
    if (feeds.length === 0) {
        return new Status(Status.OK, 'NO_FILES_FOUND');
    }
    var refused = feeds.filter(function (feed) {
        return takeFeed(feed, execution).status === 'ERROR';
    });
    if (refused.length > 0) {
        return new Status(Status.ERROR, 'ERROR', 'refused: ' + refused.map(function (feed) { return feed.name; }).join(', '));
    }
    return new Status(Status.OK, 'OK');
}

function takeFeed(feed, execution) {
    var job = execution.getJobExecution();
    var draft = new File(files.beside(feed, 'working'), feed.name + importLog.SUFFIX);
    var writer = new FileWriter(draft, 'UTF-8');
    var about = { feed: feed.name, job: String(job.getJobID()), execution: String(job.getID()), mode: 'merge' };
    var log = new importLog.ImportLog(about, function (line) { writer.writeLine(line); });
    var started = new Date().toISOString();
    var status = 'OK';
    var reader = new FileReader(feed, 'UTF-8');
    var xml = null;
    try {
        xml = new XMLStreamReader(reader);
        shipmentFeed.eachOrder(xml, XMLStreamConstants, function (order) { takeOrder(order, log); });
    } catch (wrong) {
        status = 'ERROR';
        log.say('ERROR', wrong.code || 'broken', String(wrong.message || wrong), {});
    } finally {
        if (xml) {
            xml.close();
        }
        reader.close();
    }
    var summary = log.close(status, started, new Date().toISOString());
    writer.close();
    var place = status === 'OK' ? 'archive' : 'error';
    var target = new File(files.beside(feed, place), draft.name);
    if (target.exists()) {
        target.remove();
    }
    draft.renameTo(target);
    files.moveInto(feed, place);
    return summary;
}

/** Writes one order; what is wrong with it, or with one of its shipments, is said in the log. */
function takeOrder(told, log) {
    var ids = { 'order-no': told.orderNo };
    judged(log, 'order', ids, log.seen('order'), function () {
        var order = OrderMgr.getOrder(told.orderNo);
        shipmentOrders.check(order, told.orderNo);
        told.shipments.forEach(function (each) {
            var own = { 'order-no': told.orderNo, 'shipment-id': each.id };
            judged(log, 'shipment', own, log.seen('shipment'), function () {
                var shipment = shipmentOrders.shipmentOf(order, each.id);
                Transaction.wrap(function () { shipmentOrders.writeShipment(shipment, each); });
            });
        });
        Transaction.wrap(function () { shipmentOrders.writeOrder(order, told); });
    });
}

function judged(log, element, ids, position, take) {
    try {
        take();
    } catch (wrong) {
        log.say('DATAERROR', wrong.code || 'refused', String(wrong.message || wrong), {
            element: element, ids: ids, position: position
        });
    }
}

function quoted(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

module.exports = { execute: execute };
