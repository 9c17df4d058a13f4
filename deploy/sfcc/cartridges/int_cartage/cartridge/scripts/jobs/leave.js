'use strict';

/**
 * Job step: leaves files of IMPEX on the SFTP server, under a temporary name until they are whole, and archives them.
 */

var Status = require('dw/system/Status');

var files = require('../cartage/files');
var Server = require('../cartage/server').Server;

/**
 * Runs the step.
 *
 * @param {Object} parameters - Service, WorkingFolder, RemoteFolder, FileNamePattern
 * @returns {dw.system.Status} OK, NO_FILES_FOUND or ERROR
 */
function execute(parameters) {
    var found = files.matching(files.folder(parameters.WorkingFolder), parameters.FileNamePattern);
    if (found.length === 0) {
        return new Status(Status.OK, 'NO_FILES_FOUND');
    }
    var server = new Server(parameters.Service);
    try {
        found.forEach(function (file) {
            var remote = parameters.RemoteFolder + '/' + file.name;
            server.run('putBinary', remote + '.tmp', file);
            server.run('rename', remote + '.tmp', remote);
            files.moveInto(file, 'sent');
        });
    } catch (wrong) {
        return new Status(Status.ERROR, 'ERROR', String(wrong.message || wrong));
    }
    return new Status(Status.OK, 'OK');
}

module.exports = { execute: execute };
