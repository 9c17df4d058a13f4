'use strict';

/** The SFTP server, by a service of type SFTP; each call is one operation of its client. */

var LocalServiceRegistry = require('dw/svc/LocalServiceRegistry');

/**
 * Connects.
 *
 * @param {string} id - id of the service
 */
function Server(id) {
    this.service = LocalServiceRegistry.createService(id, {
        createRequest: function (service, operation, first, second) {
            if (second === undefined) {
                service.setOperation(operation, first);
            } else {
                service.setOperation(operation, first, second);
            }
            return service;
        },
        parseResponse: function (service, answer) {
            return answer;
        }
    });
}

/**
 * Runs an operation of dw.net.SFTPClient.
 *
 * @param {string} operation - list, getBinary, putBinary, rename, del, mkdir
 * @param {string} first - its first argument
 * @param {*} second - its second argument, if it has one
 * @returns {*} what it gave
 * @throws {Error} when the server did not answer, or refused
 */
Server.prototype.run = function (operation, first, second) {
    var result = this.service.call(operation, first, second);
    if (!result.isOk() || result.object === false) {
        throw new Error(operation + ' ' + first + ': ' + (result.errorMessage || result.status));
    }
    return result.object;
};

/**
 * Gives the names of the files in a folder, sorted.
 *
 * @param {string} folder - the folder
 * @returns {string[]} their names
 */
Server.prototype.names = function (folder) {
    var listed = this.run('list', folder) || [];
    var names = [];
    for (var at = 0; at < listed.length; at++) {
        if (!listed[at].directory) {
            names.push(String(listed[at].name));
        }
    }
    return names.sort();
};

module.exports = { Server: Server };
